export { accessToken, AccessTokenClaims, Auth, KeySet, Login, PublicKey } from './auth.contract.js';
export {
  ContextClaims,
  contextKeyBucket,
  contextLifetimeSeconds,
  contextType,
  issuers,
  type Issuer,
} from './context.js';
export { ErrorCatalogue, isErrorCode, problemOf, type ErrorCode, type FieldError, type Problem } from './errors.js';
export { Headers, requestDeadlineMs } from './headers.js';
export {
  message,
  serviceNames,
  type Message,
  type ParsedRequestOf,
  type ReplyOf,
  type RequestOf,
  type ServiceName,
} from './message.js';
export {
  builtInRoles,
  operatorScopes,
  tenantPermissions,
  type Access,
  type OperatorScope,
  type TenantPermission,
} from './permissions.js';
export { CreateProduct, Product, Products } from './products.contract.js';
export {
  CreateTenant,
  Operation,
  Tenant,
  TenantEntry,
  TenantLimits,
  TenantNotice,
  tenantNoticeSubject,
  TenantPlace,
  Tenants,
} from './tenants.contract.js';
export { TenantState } from './tenant-state.js';
export { CreateUser, FirstAdmin, User, Users } from './users.contract.js';
