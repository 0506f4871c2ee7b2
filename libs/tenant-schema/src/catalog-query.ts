/** Of roles that are the tenant's own (`t_<id>`, `t_<id>_b`) the name is another in each database. */
const role = (oid: string): string =>
  `CASE ${oid} WHEN 0 THEN 'PUBLIC' ELSE regexp_replace(pg_get_userbyid(${oid})::text, '^t_.*', 'a role of the tenant') END`;

const optional = (before: string, value: string): string => `coalesce(${before} || (${value}), '')`;

/**
 * What is neither the server's own nor a part of something else, which is as that says: of an extension, or of a type that makes functions.
 * Whatever is made has an oid from 16384 on (`FirstNormalObjectId` of PostgreSQL's access/transam.h), which an index finds among thousands.
 */
const ownedIn = (catalog: string, namespace: string): string => `
  FROM ${catalog} x JOIN spaces s ON s.oid = ${namespace}
  WHERE x.oid >= 16384 AND NOT EXISTS (SELECT FROM parts e WHERE e.classid = '${catalog}'::regclass AND e.objid = x.oid)`;

const sets = `
spaces AS (
  SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
parts AS (
  SELECT classid, objid FROM pg_depend WHERE objid >= 16384 AND (deptype = 'e' OR deptype = 'i' AND classid = 'pg_proc'::regclass)),
relations AS MATERIALIZED (
  SELECT x.oid, x.oid::regclass::text AS name, x.relkind::text AS relkind, x.relowner AS owner, x.relacl AS acl,
    CASE x.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
      WHEN 'c' THEN 'composite type' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END AS kind,
    x.relpersistence, x.relrowsecurity, x.relforcerowsecurity, x.reloptions, x.relreplident, x.relpartbound
  ${ownedIn('pg_class', 'x.relnamespace')} AND x.relkind <> 't'),
functions AS MATERIALIZED (
  SELECT x.oid, x.oid::regprocedure::text AS name, x.prokind, x.proowner AS owner, x.proacl AS acl
  ${ownedIn('pg_proc', 'x.pronamespace')}),
types AS MATERIALIZED (
  SELECT x.oid, format_type(x.oid, NULL) AS name, x.typtype, x.typowner AS owner, x.typacl AS acl,
    x.typbasetype, x.typtypmod, x.typnotnull, x.typdefault
  ${ownedIn('pg_type', 'x.typnamespace')} AND x.typtype <> 'c' AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = x.oid)),
granted AS (
  SELECT 'schema ' || quote_ident(nspname) AS name, nspacl AS acl, acldefault('n', nspowner) AS standard FROM spaces
  UNION ALL
  SELECT kind || ' ' || name, acl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", owner)
  FROM relations WHERE relkind NOT IN ('i', 'I', 'c')
  UNION ALL
  SELECT 'column ' || r.name || '.' || quote_ident(attname), attacl, acldefault('c', r.owner)
  FROM pg_attribute a JOIN relations r ON r.oid = attrelid WHERE attacl IS NOT NULL AND NOT attisdropped
  UNION ALL
  SELECT 'function ' || name, acl, acldefault('f', owner) FROM functions
  UNION ALL
  SELECT 'type ' || name, acl, acldefault('T', owner) FROM types),
grants AS (
  SELECT 'grant' AS verb, name, a.* FROM granted, LATERAL (
    SELECT grantee, privilege_type, is_grantable FROM aclexplode(acl)
    EXCEPT SELECT grantee, privilege_type, is_grantable FROM aclexplode(standard)) a
  UNION ALL
  SELECT 'no grant', name, a.* FROM granted, LATERAL (
    SELECT grantee, privilege_type, is_grantable FROM aclexplode(standard)
    EXCEPT SELECT grantee, privilege_type, is_grantable FROM aclexplode(acl)) a
  WHERE acl IS NOT NULL
  UNION ALL
  SELECT 'grant', 'database', a.grantee, a.privilege_type, a.is_grantable
  FROM pg_database d, LATERAL aclexplode(coalesce(datacl, acldefault('d', datdba))) a
  WHERE datname = current_database() AND a.grantee = 0)`;

const lines: readonly string[] = [
  `'database owner ' || ${role('datdba')} FROM pg_database WHERE datname = current_database()`,
  `'schema ' || quote_ident(nspname) || ' owner ' || ${role('nspowner')} FROM spaces`,
  `'extension ' || quote_ident(extname) || ' ' || extversion || ' in ' || extnamespace::regnamespace FROM pg_extension`,

  `kind || ' ' || name || ' owner ' || ${role('owner')}
    || CASE relpersistence WHEN 'u' THEN ' unlogged' ELSE '' END
    || CASE WHEN relrowsecurity THEN ' row level security' ELSE '' END
    || CASE WHEN relforcerowsecurity THEN ' forced' ELSE '' END
    || CASE WHEN relkind IN ('r', 'p', 'm') AND relreplident <> 'd' THEN ' replica identity ' || relreplident::text ELSE '' END
    || ${optional(`' with '`, `reloptions::text`)}
    || ${optional(`' partition by '`, `CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END`)}
    || ${optional(`' of '`, `SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = relations.oid`)}
    || ${optional(`' '`, `pg_get_expr(relpartbound, oid)`)}
    || ${optional(`' as '`, `CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END`)}
    FROM relations WHERE relkind NOT IN ('i', 'I')`,

  `'column ' || r.name || '.' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || a.attcollation::regcollation ELSE '' END
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || CASE a.attidentity WHEN 'a' THEN ' generated always as identity' WHEN 'd' THEN ' generated by default as identity' ELSE '' END
    || CASE a.attgenerated WHEN 's' THEN ' stored' WHEN 'v' THEN ' virtual' ELSE '' END
    || ${optional(`CASE WHEN a.attgenerated = '' THEN ' default ' ELSE ' generated always as ' END`, `pg_get_expr(d.adbin, d.adrelid)`)}
    FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'p', 'f', 'c')`,

  // That a column is not null stands in its line, and as a constraint only where it is not certain.
  `'constraint ' || r.name || ' ' || quote_ident(conname) || ' ' || pg_get_constraintdef(c.oid)
    FROM pg_constraint c JOIN relations r ON r.oid = conrelid WHERE contype NOT IN ('t', 'n') OR contype = 'n' AND NOT convalidated`,
  `'constraint ' || t.name || ' ' || quote_ident(conname) || ' ' || pg_get_constraintdef(c.oid)
    FROM pg_constraint c JOIN types t ON t.oid = contypid WHERE contype = 'c'`,

  // The index of a constraint is what the constraint says.
  `'index ' || r.name || ' ' || pg_get_indexdef(r.oid)
    || CASE WHEN indisvalid AND indisready THEN '' ELSE ' invalid' END
    || CASE WHEN indisclustered THEN ' clustered' ELSE '' END
    || CASE WHEN indisreplident THEN ' replica identity' ELSE '' END
    FROM relations r JOIN pg_index i ON i.indexrelid = r.oid
    WHERE NOT (indisvalid AND indisready) OR indisclustered OR indisreplident
      OR NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = r.oid AND contype IN ('p', 'u', 'x'))`,

  `'sequence ' || r.name || ' ' || format_type(seqtypid, NULL) || ' start ' || seqstart || ' min ' || seqmin || ' max ' || seqmax
    || ' by ' || seqincrement || ' cache ' || seqcache || CASE WHEN seqcycle THEN ' cycle' ELSE '' END
    || ${optional(
      `' of '`,
      `SELECT p.refobjid::regclass || '.' || quote_ident(a.attname) FROM pg_depend p
       JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
       WHERE p.classid = 'pg_class'::regclass AND p.objid = r.oid AND p.deptype IN ('a', 'i') AND p.refclassid = 'pg_class'::regclass`,
    )}
    FROM relations r JOIN pg_sequence ON seqrelid = r.oid`,

  `'function ' || name || ' owner ' || ${role('owner')} || ' '
    || CASE prokind WHEN 'a' THEN 'aggregate' ELSE rtrim(pg_get_functiondef(oid), chr(10)) END FROM functions`,

  // Of the triggers that stand for foreign keys only that one is off is news; their names are numbers.
  `'trigger ' || r.name || ' ' || CASE WHEN tgisinternal
      THEN 'of constraint ' || (SELECT quote_ident(conname) FROM pg_constraint WHERE oid = tgconstraint) || ' ' || tgfoid::regproc
      ELSE pg_get_triggerdef(t.oid) END
    || CASE tgenabled WHEN 'O' THEN '' WHEN 'D' THEN ' disabled' WHEN 'R' THEN ' on replicas' ELSE ' always' END
    FROM pg_trigger t JOIN relations r ON r.oid = tgrelid WHERE NOT tgisinternal OR tgenabled <> 'O'`,
  `'rule ' || r.name || ' ' || pg_get_ruledef(w.oid) || CASE ev_enabled WHEN 'O' THEN '' ELSE ' ' || ev_enabled::text END
    FROM pg_rewrite w JOIN relations r ON r.oid = ev_class WHERE rulename <> '_RETURN'`,
  `'event trigger ' || quote_ident(evtname) || ' on ' || evtevent || ' owner ' || ${role('evtowner')} || ' ' || evtfoid::regprocedure
    || ' ' || evtenabled::text || ${optional(`' '`, 'evttags::text')} FROM pg_event_trigger`,

  `'policy ' || r.name || ' ' || quote_ident(polname) || CASE WHEN polpermissive THEN '' ELSE ' restrictive' END || ' for ' || polcmd::text
    || ' to ' || (SELECT string_agg(who, ', ' ORDER BY who) FROM (SELECT ${role('one')} AS who FROM unnest(polroles) one) of_roles)
    || ${optional(`' using '`, 'pg_get_expr(polqual, polrelid)')} || ${optional(`' check '`, 'pg_get_expr(polwithcheck, polrelid)')}
    FROM pg_policy JOIN relations r ON r.oid = polrelid`,
  `'statistics ' || pg_get_statisticsobjdef(x.oid) ${ownedIn('pg_statistic_ext', 'x.stxnamespace')}`,

  `'type ' || name || ' owner ' || ${role('owner')} || CASE typtype WHEN 'b' THEN ' base' WHEN 'd' THEN ' domain '
      || format_type(typbasetype, typtypmod) || CASE WHEN typnotnull THEN ' not null' ELSE '' END || ${optional(`' default '`, 'typdefault')}
    WHEN 'e' THEN ' enum ' || coalesce((SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = types.oid), '')
    WHEN 'r' THEN ' range of ' || (SELECT format_type(rngsubtype, NULL) FROM pg_range WHERE rngtypid = types.oid)
    ELSE ' multirange' END FROM types`,

  `verb || ' ' || privilege_type || ' on ' || name || ' to ' || ${role('grantee')}
    || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END FROM grants`,
  `'default grant ' || privilege_type || ' to ' || ${role('grantee')} || ' on ' || CASE defaclobjtype WHEN 'r' THEN 'tables'
      WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END
    || ' of ' || ${role('defaclrole')} || ${optional(`' in '`, `SELECT quote_ident(nspname) FROM spaces WHERE oid = defaclnamespace`)}
    || CASE WHEN is_grantable THEN ' with grant option' ELSE '' END
    FROM pg_default_acl, LATERAL aclexplode(defaclacl) WHERE cardinality(defaclacl) > 0`,
  `'default grants on ' || defaclobjtype::text || ' of ' || ${role('defaclrole')} || ' are none' FROM pg_default_acl WHERE cardinality(defaclacl) = 0`,
];

/** What the server writes depends on these: names are whole, times and numbers the same whoever asks. */
const settings = {
  search_path: '',
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  // So long a statement looks dear, and compiling it takes longer than it does.
  jit: 'off',
};

/**
 * The whole catalog of a database, one thing a line, in one round trip. Two statements, which are one transaction: the settings of the first
 * end with it.
 */
export const catalogQuery = `
SELECT ${Object.entries(settings)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ')};
WITH ${sets},
lines (line) AS (
${lines.map((line) => `  SELECT ${line}`).join('\n  UNION ALL\n')}
)
SELECT DISTINCT replace(replace(line, chr(92), chr(92) || chr(92)), chr(10), chr(92) || 'n') COLLATE "C" AS line
FROM lines ORDER BY 1`;
