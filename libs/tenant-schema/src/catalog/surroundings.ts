import { type Granted, grantsOf, grantsOn } from './grants.js';
import { firstOid, isOurs, line, part, role } from './part.js';

const database = part<{ owner: string; acl: readonly string[] }>(
  `SELECT pg_get_userbyid(datdba) AS owner, coalesce(datacl, acldefault('d', datdba))::text[] AS acl
   FROM pg_database WHERE datname = current_database()`,
  ({ owner, acl }) => [
    `database owner ${role(owner)}`,
    // What single roles may is the tenant's own: their names differ, and there are two while they change.
    ...grantsOf(acl, 'database')
      .filter((grant) => grant.includes(' to PUBLIC'))
      .map((grant) => `grant ${grant}`),
  ],
);

interface Owned extends Granted {
  readonly oid: number;
  readonly name: string;
  readonly owner: string;
}

const schemas = part<Owned>(
  `SELECT oid, quote_ident(nspname) AS name, pg_get_userbyid(nspowner) AS owner, nspacl::text[] AS acl, acldefault('n', nspowner)::text[] AS standard
   FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  ({ oid, name, owner, ...granted }, known) =>
    known.isPart('pg_namespace', oid)
      ? undefined
      : [`schema ${name} owner ${role(owner)}`, ...grantsOn(`schema ${name}`, granted)],
);

const extensions = part<{ says: string }>(
  `SELECT concat(quote_ident(extname), ' ', extversion, ' in ', extnamespace::regnamespace) AS says FROM pg_extension`,
  ({ says }) => `extension ${says}`,
);

/** By PostgreSQL's letters (`pg_default_acl.defaclobjtype`). */
const objects: Readonly<Record<string, string>> = {
  r: 'tables',
  S: 'sequences',
  f: 'functions',
  T: 'types',
  n: 'schemas',
  L: 'large objects',
};

const defaults = part<{ owner: string; type: string; schema: string | null; acl: readonly string[] }>(
  `SELECT pg_get_userbyid(defaclrole) AS owner, defaclobjtype AS type, CASE WHEN defaclnamespace <> 0 THEN defaclnamespace::regnamespace::text END
     AS schema, defaclacl::text[] AS acl FROM pg_default_acl`,
  ({ owner, type, schema, acl }) => {
    const where = line(objects[type], 'of', role(owner), schema && `in ${schema}`);
    const grants = grantsOf(acl, where).map((grant) => `default grant ${grant}`);
    return grants.length > 0 ? grants : `default grant of nothing on ${where}`;
  },
);

interface Type extends Owned {
  readonly typtype: string;
  readonly base: string | null;
  readonly typnotnull: boolean;
  readonly typdefault: string | null;
}

/** By PostgreSQL's letters (`pg_type.typtype`). */
const kindsOfType: Readonly<Record<string, string>> = {
  b: 'base',
  d: 'domain',
  e: 'enum',
  r: 'range',
  m: 'multirange',
  p: 'pseudo',
};

/** But those that tables and arrays have. */
const types = part<Type>(
  `SELECT oid, format_type(oid, NULL) AS name, pg_get_userbyid(typowner) AS owner, typtype, typnotnull, typdefault,
     CASE typtype WHEN 'd' THEN format_type(typbasetype, typtypmod) END AS base, typacl::text[] AS acl, acldefault('T', typowner)::text[] AS standard
   FROM pg_type WHERE ${isOurs('typnamespace')} AND typtype <> 'c' AND (typelem = 0 OR typtype = 'd')`,
  ({ oid, name, owner, typtype, base, typnotnull, typdefault, ...granted }, known) => {
    if (known.isPart('pg_type', oid)) return undefined;
    const told = line(
      `type ${name} owner ${role(owner)}`,
      kindsOfType[typtype],
      base,
      typnotnull && 'not null',
      typdefault !== null && `default ${typdefault}`,
    );
    return [told, ...grantsOn(`type ${name}`, granted)];
  },
);

const labels = part<{ type: string; oid: number; labels: string }>(
  `SELECT enumtypid AS oid, format_type(enumtypid, NULL) AS type, string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) AS labels
   FROM pg_enum GROUP BY enumtypid`,
  ({ oid, type, labels: list }, known) => (known.isPart('pg_type', oid) ? undefined : line('labels of', type, list)),
);

const ranges = part<{ type: string; oid: number; of: string }>(
  `SELECT rngtypid AS oid, format_type(rngtypid, NULL) AS type, format_type(rngsubtype, NULL) AS of FROM pg_range WHERE rngtypid >= ${firstOid}`,
  ({ oid, type, of }, known) => (known.isPart('pg_type', oid) ? undefined : line('range', type, 'of', of)),
);

const statistics = part<{ oid: number; definition: string }>(
  `SELECT oid, pg_get_statisticsobjdef(oid) AS definition FROM pg_statistic_ext`,
  ({ oid, definition }, known) => (known.isPart('pg_statistic_ext', oid) ? undefined : line('statistics', definition)),
);

export const surroundings = [database, schemas, extensions, defaults, types, labels, ranges, statistics];
