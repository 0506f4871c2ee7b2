import { expect, test } from '@jest/globals';
import { allSettings, faultsOf } from './settings.ts';

const settings = await allSettings();

test('a variable of OpenTelemetry is known by its whole name', () => {
  const given = [...settings.products.required, 'OTEL_TRACES_SAMPLER', 'OTEL_TRACE_SAMPLER'];
  expect(faultsOf(settings.products, given)).toEqual(['OTEL_TRACE_SAMPLER is unknown']);
});

test('a migration needs the database it migrates, and nothing else', () => {
  expect(faultsOf(settings.auth, [], { isCommand: true })).toEqual(['AUTH_DATABASE_URL is missing']);
  expect(faultsOf(settings['tenant-registry'], [], { isCommand: true })).toEqual(['REGISTRY_DATABASE_URL is missing']);
  expect(faultsOf(settings.auth, ['AUTH_DATABASE_URL'], { isCommand: true })).toEqual([]);
});
