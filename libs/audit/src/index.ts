export { AuditModule } from './audit.module.js';
export { AuditTrail, type Deed, type TenantStatements } from './audit-trail.js';
