import { z } from 'zod';
import { message } from './message.js';
import { operatorScopes } from './permissions.js';
import { id, name, nothing, page, paging, timestamp } from './schemas.js';

/** What every operator key begins with, so that it is told from a token at sight, also by scanners of leaked secrets. */
export const operatorKeyPrefix = 'tok_';

/** Somebody, or something, that runs the platform. The key itself is shown once, when it is made. */
export const Operator = z
  .strictObject({
    id,
    name: z.string(),
    scopes: z.array(z.string()),
    expiresAt: timestamp.nullable(),
    revokedAt: timestamp.nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'Operator' });
export type Operator = z.output<typeof Operator>;

export const CreateOperator = z
  .strictObject({
    name: name(1, 100),
    scopes: z.array(z.enum(operatorScopes)).min(1).max(operatorScopes.length),
    expiresInDays: z.int().min(1).max(3650).default(90),
  })
  .meta({ id: 'CreateOperator' });

export const OperatorWithKey = Operator.extend({
  key: z.string().meta({ description: 'Shown here and never again' }),
}).meta({ id: 'OperatorWithKey' });

export const Operators = {
  list: message('tenants.operators.list', {
    request: z.strictObject(paging),
    reply: page(Operator).meta({ id: 'OperatorPage' }),
    needs: 'operators:read',
    idempotent: true,
    tenant: null,
  }),
  /** Nobody gives away a scope they do not hold. */
  create: message('tenants.operators.create', {
    request: CreateOperator,
    reply: OperatorWithKey,
    needs: 'operators:write',
    status: 201,
    tenant: null,
  }),
  /** Revoking again changes nothing. */
  revoke: message('tenants.operators.revoke', {
    request: z.strictObject({ id }),
    reply: nothing,
    needs: 'operators:write',
    status: 204,
    idempotent: true,
    tenant: null,
  }),
  /** The gateway's question: whose key is this, and what may it do? The key itself never travels, its SHA-256 does. */
  find: message('tenants.operators.find', {
    request: z.strictObject({ keyHash: z.string().regex(/^[0-9a-f]{64}$/) }),
    reply: z.strictObject({ id, name: z.string(), scopes: z.array(z.string()), expiresAt: timestamp.nullable() }),
    needs: 'service',
    idempotent: true,
    tenant: null,
  }),
};
