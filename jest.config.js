export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './scripts/strip-types.cjs' },
  globalSetup: './scripts/choose-program.mjs',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  coverageProvider: 'v8',
  // One more than the two cores that the tests are meant for: several files wait in real time for calls to give up.
  maxWorkers: 3,
}
