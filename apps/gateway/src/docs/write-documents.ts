import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { controllers } from '../app.module.js';
import { breakingChanges } from './breaking.js';
import { type Audience, openApiDocument } from './openapi.js';
import { apiVersion, documentPaths } from './pages.js';
import { allRoutes } from './routes.js';

// `npx nx openapi gateway`: the documents as they are now, for docs/openapi. What breaks clients is written only where that is
// said: `npx nx openapi gateway --breaking`.
const isMeant = process.argv.includes('--breaking=true');
const folder = join(import.meta.dirname, '../../../../docs/openapi');
mkdirSync(folder, { recursive: true });

const routes = allRoutes(controllers);
const documents = (['tenants', 'platform'] satisfies Audience[]).map((audience) => {
  const path = join(folder, basename(documentPaths[audience]));
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
  return { path, before, now: openApiDocument(routes, audience, apiVersion) };
});
const breaks = documents.flatMap(({ before, now }) => breakingChanges(before, now));
if (breaks.length > 0 && !isMeant) {
  console.error(`This breaks clients; if it is meant, say --breaking:\n${breaks.join('\n')}`);
  process.exit(1);
}
for (const { path, now } of documents) writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);
