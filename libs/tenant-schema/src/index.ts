export { migrate, schemaVersion, type SqlClient } from './migrate.js';
export { type Migration } from './migration.js';
export { migrations } from './migrations/index.js';
