import { readdirSync, existsSync } from 'node:fs';

const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2024',
    externalHelpers: true,
  },
  module: { type: 'es6' },
};

const project = (rootDir, displayName) => ({
  displayName,
  rootDir,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@tenantry/source', 'node'] },
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // The CommonJS throttler can only require Nest once Nest's ES modules are already loaded.
  setupFiles: [new URL('./jest.setup.js', import.meta.url).pathname],
});

const projects = ['libs', 'apps', 'tools'].flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url), { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && existsSync(new URL(`${folder}/${entry.name}/package.json`, import.meta.url)),
    )
    .map((entry) => project(`<rootDir>/${folder}/${entry.name}`, entry.name)),
);

export default {
  projects,
  globalSetup: '<rootDir>/tools/stack/jest-setup.ts',
  globalTeardown: '<rootDir>/tools/stack/jest-teardown.ts',
  testTimeout: 30_000,
};
