import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { appsWithOwnDatabase, floors, layerOf } from './tools/law/floors.ts';

const tests = ['**/*.test.ts', '**/src/test/**/*.ts', 'apps/e2e/**/*.ts'];

/** @param {string[]} everyoneAlso floors open to all besides their own list */
const boundaries = (...everyoneAlso) => [
  'error',
  {
    depConstraints: Object.entries(floors).map(([floor, { standsOn, neverImports }]) => ({
      sourceTag: layerOf(floor),
      onlyDependOnLibsWithTags: [...standsOn, ...everyoneAlso].map(layerOf),
      bannedExternalImports: [...neverImports],
    })),
    // Tests of a floor that `testing` stands on use `testing`: a circle of projects, but of no two source files.
    ignoredCircularDependencies: everyoneAlso.includes('testing') ? [['@tenantry/testing', '@tenantry/*']] : [],
  },
];

const restrictedImports = (...paths) => [
  'error',
  {
    paths,
    patterns: [
      {
        regex: String.raw`^(\./|(\.\./)+)index\.js$`,
        message: "A library's own files never import its index: import the file that has it.",
      },
    ],
  },
];

const strict = {
  '@nx/enforce-module-boundaries': boundaries(),
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-restricted-imports': restrictedImports(),
  // An interface may promise what one of its makers has at once.
  '@typescript-eslint/require-await': 'off',
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  'max-lines': ['error', { max: 300 }],
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportAllDeclaration', message: 'List what is exported: an index is a promise.' },
  ],
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'anywhere' }],
  eqeqeq: 'error',
};

export default defineConfig(
  { ignores: ['**/dist', '**/node_modules', '.nx', '.data'] },
  { linterOptions: { noInlineConfig: true } },
  {
    files: ['{apps,libs,tools}/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { project: './tsconfig.tests.json', tsconfigRootDir: import.meta.dirname } },
    rules: strict,
  },
  // `testing` itself is one end of such a circle.
  { files: [...tests, 'libs/testing/**/*.ts'], rules: { '@nx/enforce-module-boundaries': boundaries('testing') } },
  {
    files: ['apps/*/src/**/*.ts'],
    ignores: [...appsWithOwnDatabase.map((app) => `apps/${app}/**`), ...tests],
    rules: {
      '@typescript-eslint/no-restricted-imports': restrictedImports({
        name: 'pg',
        message: "Without a database of its own, an app reaches PostgreSQL through its tenant's lease only.",
      }),
    },
  },
);
