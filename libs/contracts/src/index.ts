export { AccessChange, Revocation, RevocationNotice, revocationNotice, RevocationPage } from './access.js';
export { auditActions, TenantAudit, TenantAuditEvent, type AuditAction } from './tenant-audit.contract.js';
export {
  accessToken,
  AccessTokenClaims,
  Auth,
  AuthEvents,
  KeySet,
  Login,
  maxSessions,
  PublicKey,
  refreshToken,
  Session,
} from './auth.contract.js';
export { Audit, AuditEvent } from './audit.contract.js';
export { Cluster, Clusters, Orphans, RegisterCluster } from './clusters.contract.js';
export {
  ContextClaims,
  ContextKey,
  contextKeyIdForm,
  contextKeySubject,
  contextLifetimeSeconds,
  contextType,
  issuers,
  type Issuer,
} from './context.js';
export { ErrorCatalogue, isErrorCode, problemOf, type ErrorCode, type FieldError, type Problem } from './errors.js';
export {
  dataschemaOf,
  deadLetterSubject,
  event,
  EventEnvelope,
  eventStream,
  resumedSubject,
  type DomainEvent,
  type EventDataOf,
  type HeardDataOf,
  waitingSubject,
} from './event.js';
export { Headers, requestDeadlineMs } from './headers.js';
export {
  addsToTenant,
  message,
  prefixOf,
  serviceNames,
  type AnswerOf,
  type Message,
  type ParsedRequestOf,
  type ReplyOf,
  type RequestOf,
  type ServiceName,
} from './message.js';
export {
  maxDifferenceLines,
  MigrationRun,
  MigrationRuns,
  MigrationTarget,
  StartMigrationRun,
} from './migration-runs.contract.js';
export { notice, noticeLifetimeSeconds, noticeType, type Notice } from './notice.js';
export { CreateOperator, Operator, operatorKeyPrefix, Operators, OperatorWithKey } from './operators.contract.js';
export {
  builtInRoles,
  operatorScopes,
  tenantPermissions,
  type Access,
  type OperatorScope,
  type TenantPermission,
} from './permissions.js';
export { ClusterPools, InstancePools, Surveys } from './pools.contract.js';
export { AdjustStock, CreateProduct, Product, ProductEvents, Products } from './products.contract.js';
export {
  CreateTenant,
  slugForm,
  Operation,
  Tenant,
  TenantEntry,
  TenantEvents,
  TenantNotice,
  tenantNotice,
  TenantPlace,
  Tenants,
  UpdateTenant,
} from './tenants.contract.js';
export { LimitsPatch, PoolOptions, TenantLimits } from './tenant-limits.js';
export { Registration } from './registration.contract.js';
export { CreateRole, Role, Roles } from './roles.contract.js';
export { survey, type Survey } from './survey.js';
export { changesAtOnce, TenantLifecycle } from './tenant-lifecycle.contract.js';
export { TenantState } from './tenant-state.js';
export { TenantHealth, TenantUsage, Usage } from './usage.contract.js';
export { CreateUser, FirstAdmin, SessionSubject, User, UserEvents, Users } from './users.contract.js';
