export default {
  testEnvironment: './scripts/jest-environment.cjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './scripts/strip-types.cjs' },
  globalSetup: './scripts/choose-program.mjs',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  coverageProvider: 'v8',
  // Many tests run processes, and a busy machine is no fault of theirs; no test asserts how long it took.
  testTimeout: 60_000,
  // One more than the two cores that the tests are meant for: several files wait in real time for calls to give up.
  maxWorkers: 3,
}
