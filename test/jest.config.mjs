import { dirname } from 'node:path';

const rootDir = dirname(import.meta.dirname);

/** The same sources and tests for both decorator modes: `standard` compiles the decorator suites a second time. */
const swc = (transform) => ({
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform, keepClassNames: true },
      module: { type: 'es6' },
      sourceMaps: true,
    },
  ],
});

const shared = {
  rootDir,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // What an interrupted run of test:mutation leaves.
  modulePathIgnorePatterns: ['<rootDir>/coverage/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/test/readme/', '/test/clients/'],
};

export default {
  rootDir,
  // Many tests wait for processes that they have started.
  maxWorkers: '100%',
  coverageProvider: 'v8',
  // Each suite has modules of its own, which a worker never lets go of: coverage and garbage collection slow down with them.
  workerIdleMemoryLimit: '300MB',
  // Without what runs in processes and threads of its own only, where test/e2e tests it from outside.
  collectCoverageFrom: ['lib/**/*.ts', 'nest-module/**/*.ts', '!lib/cli/**', '!lib/sdk/export/sending-thread.ts'],
  coverageDirectory: 'coverage',
  coverageReporters: ['text-summary', 'lcovonly'],
  coverageThreshold: { './lib/': { lines: 95 }, './nest-module/': { lines: 95 } },
  projects: [
    {
      ...shared,
      displayName: 'legacy',
      globals: { DECORATORS: 'legacy' },
      testMatch: ['<rootDir>/test/{unit,e2e}/**/*.test.ts'],
      transform: swc({ legacyDecorator: true, decoratorMetadata: true }),
    },
    {
      ...shared,
      displayName: 'standard',
      globals: { DECORATORS: 'standard' },
      testMatch: ['<rootDir>/test/unit/decorators/*.test.ts', '<rootDir>/test/unit/call/*.test.ts'],
      transform: swc({ decoratorVersion: '2022-03' }),
    },
  ],
};
