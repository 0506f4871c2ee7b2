import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { controllers } from '../app.module.js';
import { openApiDocument } from './openapi.js';
import { apiVersion, documentPaths } from './pages.js';
import { allRoutes } from './routes.js';

// `npx nx openapi gateway`: the documents as they are now, for docs/openapi.
const folder = join(import.meta.dirname, '../../../../docs/openapi');
mkdirSync(folder, { recursive: true });
const routes = allRoutes(controllers);
for (const audience of ['tenants', 'platform'] as const) {
  const text = JSON.stringify(openApiDocument(routes, audience, apiVersion), null, 2);
  writeFileSync(join(folder, basename(documentPaths[audience])), `${text}\n`);
}
