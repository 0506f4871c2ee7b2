import type { TenantLimits, TenantPlace } from '@tenantry/contracts';

/** A tenant's place as its directory gives it; of its limits what was agreed. */
export type DirectoryPlace = Omit<TenantPlace, 'limits'> & { readonly limits: Partial<TenantLimits> };

type Kept = 'id' | 'slug' | 'state' | 'generation' | 'schemaVersion' | Way;
/** Where it is, and how to get in. */
type Way = 'host' | 'port' | 'database' | 'role' | 'password';

/** What is kept of a tenant's place: thousands are known and idle, so nothing that nobody here asks for. */
export interface Place extends Pick<TenantPlace, Kept> {
  /** Undefined where the directory does not say: the setting `maxConnectionsPerTenant` holds then. */
  readonly maxConnections: number | undefined;
  /** Derived from the password, for the server's salt; see `scram-client.ts`. */
  scramKeys: string | undefined;
}

/** @param before what was known of the same tenant; its keys are good as long as it gets in the same way */
export function toPlace(
  { id, slug, state, generation, schemaVersion, host, port, database, role, password, limits }: DirectoryPlace,
  before?: Place,
): Place {
  // In one literal, since what is added later takes an object more; the registry names role and database alike, which is one string then.
  const place: Place = {
    id,
    slug,
    state,
    generation,
    schemaVersion,
    host,
    port,
    database,
    password,
    role: role === database ? database : role,
    maxConnections: limits.maxConnections,
    scramKeys: undefined,
  };
  if (before && samePlace(before, place)) place.scramKeys = before.scramKeys;
  return place;
}

/** Whether connections of one are as good as those of the other. */
export const samePlace = (one: Pick<Place, Way>, other: Pick<Place, Way>): boolean =>
  one.host === other.host &&
  one.port === other.port &&
  one.database === other.database &&
  one.role === other.role &&
  one.password === other.password;

export const addressOf = ({ host, port }: Pick<Place, 'host' | 'port'>): string => `${host}:${port}`;
