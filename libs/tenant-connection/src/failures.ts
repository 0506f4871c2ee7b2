import { SecretUnreadable } from '@tenantry/service-kit';

/** The database that answered is not the one the directory named. Never retried, always an alarm. */
export class WrongDatabase extends Error {
  override readonly name = 'WrongDatabase';
}

/** The attempt took longer than the connect timeout. */
export class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout';
  constructor(
    ms: number,
    /** Whether anything listened: if so, this tenant is slow, and not its cluster. */
    readonly reached: boolean,
  ) {
    super(
      `no session within ${ms} ms (${reached ? 'the server accepted the connection' : 'the server did not accept the connection'})`,
    );
  }
}

/**
 * Whose failure a failed connect is, so that one tenant's trouble never counts against its neighbours:
 * `credentials` and `connect` are the tenant's, `cluster` is everyone's.
 */
export type FailureKind = 'credentials' | 'connect' | 'cluster';

/** PostgreSQL's error codes (docs, appendix A) and Node's, where they speak of the server and not of one database. */
const clusterCodes = new Set([
  '53000', '53100', '53200', '53300', '57P01', '57P02', '57P03', '58000', '58030', 'XX000',
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOENT',
]); // prettier-ignore
/** 53300 is also raised for the connection limit of one role or one database; only these functions of the server do so. */
const tenantRoutines = new Set(['InitializeSessionUserId', 'CheckMyDatabase']);
/** No such database, not allowed to connect, not accepting connections: the next try would hear the same. */
const lasting = new Set(['3D000', '42501', '55000', '0A000', '22023']);

export const codeOf = (failure: unknown): string | undefined =>
  typeof failure === 'object' && failure !== null && 'code' in failure && typeof failure.code === 'string'
    ? failure.code
    : undefined;

const ofOneTenant = (failure: unknown): boolean =>
  typeof failure === 'object' &&
  failure !== null &&
  'routine' in failure &&
  tenantRoutines.has(String(failure.routine));

export function kindOf(failure: unknown): FailureKind {
  if (failure instanceof ConnectTimeout) return failure.reached ? 'connect' : 'cluster';
  const code = codeOf(failure);
  if (code?.startsWith('28')) return 'credentials';
  if (code !== undefined && clusterCodes.has(code) && !ofOneTenant(failure)) return 'cluster';
  return 'connect';
}

/** Whether the same attempt may succeed a moment later. */
export function isPassing(failure: unknown): boolean {
  if (failure instanceof WrongDatabase || failure instanceof ConnectTimeout || failure instanceof SecretUnreadable)
    return false;
  const code = codeOf(failure);
  return code === undefined || (!code.startsWith('28') && !lasting.has(code));
}
