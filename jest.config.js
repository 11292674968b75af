export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './scripts/strip-types.cjs' },
  globalSetup: './scripts/choose-program.mjs',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  coverageProvider: 'v8',
  maxWorkers: 2,
}
