export type { Heard } from './heard.js';
export { Hears } from './hears.js';
export { Outbox } from './outbox.js';
export { OutboxModule } from './outbox.module.js';
export { StreamMaker } from './stream-maker.js';
export type { CentralDatabase, TenantDatabases } from './store.js';
