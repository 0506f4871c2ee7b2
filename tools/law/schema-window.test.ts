import { expect, test } from '@jest/globals';
import { schemaVersion } from '@tenantry/tenant-schema';
import { projects, readText, sourcesOf } from './workspace.ts';

const modules = projects
  .flatMap(sourcesOf)
  .filter((path) => path.endsWith('/app.module.ts') && readText(path).includes('RegistryTenantsModule.of('));

test('the services that open databases of tenants are found', () => {
  expect(modules).toEqual(
    expect.arrayContaining(['auth', 'products', 'users'].map((app) => `apps/${app}/src/app.module.ts`)),
  );
});

test.each(modules)('%s needs a version of their schema that there is', (path) => {
  const oldestSchema = Number(/^export const oldestSchema = (\d+);$/m.exec(readText(path))?.[1]);
  expect(oldestSchema).toBeGreaterThanOrEqual(1);
  expect(oldestSchema).toBeLessThanOrEqual(schemaVersion);
});
