export { AuditConfig } from './config.js';
export { AuditModule } from './audit.module.js';
export { AuditTrail, type Clause, type Deed, type TenantStatements } from './audit-trail.js';
