import type { z } from 'zod';
import type { Access } from './permissions.js';
import type { TenantState } from './tenant-state.js';

/** What a message says beyond its subject. */
export interface MessageTerms<Request extends z.ZodType, Reply extends z.ZodType, Tagged extends boolean = boolean> {
  /** What the caller sends; unknown fields are refused at both ends. */
  readonly request: Request;
  /** What the handler answers. */
  readonly reply: Reply;
  /** What the caller must be allowed to do. The gateway asks before sending, the service asks again before doing. */
  readonly needs: Access;
  /** The status of a success; 200 unless said. */
  readonly status?: 200 | 201 | 202 | 204;
  /** True where asking twice does no more than asking once, so that the gateway may try again. */
  readonly idempotent?: boolean;
  /** States of the tenant in which the message is served (`active` unless said), or `null` for one outside any tenant. */
  readonly tenant?: readonly TenantState[] | null;
  /**
   * True where nobody may learn which tenants there are: with an unknown one the message is asked outside every tenant, and its service says what
   * it says to those who are wrong in a known one.
   */
  readonly hidesTenants?: boolean;
  /**
   * True where the reply is one thing that has versions: the handler gives `version` beside it, the client gets an `ETag` of id and
   * version (RFC 9110, 8.8.3), and 304 when `If-None-Match` names it.
   */
  readonly etag?: Tagged;
  /** True where the caller must say in `If-Match` which version it means (RFC 9110, 13.1.1; without it 428, RFC 6585). */
  readonly ifMatch?: boolean;
  /**
   * Where the caller may, or must, send an `Idempotency-Key`: under one key a write is done once and its answer replayed for 24 h
   * (draft-ietf-httpapi-idempotency-key-header). Not where a message has no tenant.
   */
  readonly keyed?: false | 'allowed' | 'required';
}

/** One question a service answers: subject, request, reply and who may ask. Made by {@link message} only. */
export interface Message<
  Request extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
  Tagged extends boolean = boolean,
> extends Required<MessageTerms<Request, Reply, Tagged>> {
  readonly subject: string;
  /** The service that answers: the subject's first token, its queue group, and the audience of the signed context. */
  readonly service: ServiceName;
}

/** The services, and with them the NATS users, queue groups and audiences. */
export const serviceNames = ['auth', 'users', 'products', 'tenant-registry'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Whether what it asks for makes its tenant's database grow: something is made, or a write is done under a key. */
export const addsToTenant = ({ tenant, status, keyed }: Pick<Message, 'tenant' | 'status' | 'keyed'>): boolean =>
  tenant !== null && (status === 201 || keyed !== false);

/** Subjects start with a plain noun; only the registry's differs from its service's name. */
const nounOf = (service: ServiceName): string => (service === 'tenant-registry' ? 'tenants' : service);
const serviceOfNoun: ReadonlyMap<string, ServiceName> = new Map(serviceNames.map((name) => [nounOf(name), name]));

/** What a caller writes: fields with a default may be left out. */
export type RequestOf<M extends Message> = z.input<M['request']>;
/** What a handler reads: validated, with defaults filled in. */
export type ParsedRequestOf<M extends Message> = z.output<M['request']>;
/** What a caller gets. */
export type ReplyOf<M extends Message> = z.output<M['reply']>;
/** What a handler answers: the reply, with its version where the contract says that it has an `etag`. */
export type AnswerOf<M extends Message> = M['etag'] extends true
  ? ReplyOf<M> & { readonly version: number }
  : ReplyOf<M>;

/** How the subjects and the events' types of a service begin. */
export const prefixOf = (service: ServiceName): string => `${nounOf(service)}.`;

const subjectForm = /^[a-z]+(\.[a-z][a-z-]*)+$/;

/** The service a subject or an event's type belongs to; undefined when it is malformed or names none. */
export const serviceOf = (subject: string): ServiceName | undefined =>
  subjectForm.test(subject) ? serviceOfNoun.get(subject.split('.', 1)[0] ?? '') : undefined;

/**
 * Declares a message once, for both ends.
 *
 * @param subject `<service>.<verb>`, dots for sub-resources, lower case; never a tenant or a user's text.
 * @throws TypeError when the subject is malformed or names no service, or when nobody would say which tenant is meant.
 */
export function message<Request extends z.ZodType, Reply extends z.ZodType, Tagged extends boolean = false>(
  subject: string,
  terms: MessageTerms<Request, Reply, Tagged>,
): Message<Request, Reply, Tagged> {
  const service = serviceOf(subject);
  if (!service) throw new TypeError(`subject '${subject}' is not <service>.<verb>`);
  if (terms.needs === 'service' && terms.tenant !== null) {
    throw new TypeError(`'${subject}' is asked without a context, so it lies outside every tenant: say tenant: null`);
  }
  if (terms.keyed && terms.tenant === null) throw new TypeError(`'${subject}' has no tenant to keep its keys in`);
  const defaults = {
    status: 200,
    idempotent: false,
    tenant: ['active'],
    etag: false as Tagged,
    ifMatch: false,
    keyed: false,
    hidesTenants: false,
  } as const;
  return Object.freeze({ ...defaults, ...terms, subject, service });
}
