/** The schema `pg_toast`, whose tables are named by the numbers of others: PostgreSQL's catalog/pg_namespace.dat. */
const toast = 99;

/** What has lines in the catalog, and is not looked at here. */
const others = ['policy', 'rewrite', 'type', 'statistic_ext', 'event_trigger', 'extension'].map((name) => `pg_${name}`);

/**
 * Each thing of one kind, with all that the catalog's lines say of it, but as the server stores it: no expression is put into words. Where one
 * has the number of something else in it that is another in each database, all of them differ, and their catalogs are read.
 */
const things: readonly string[] = [
  `SELECT relname, relnamespace, relowner, relam, relkind, relpersistence, relrowsecurity, relforcerowsecurity, relreplident, relispartition,
    relacl, reloptions, relpartbound FROM pg_class WHERE oid >= 16384 AND relnamespace <> ${toast}`,
  `SELECT relname, relnamespace, attname, attnum, atttypid, atttypmod, attcollation, attnotnull, attidentity, attgenerated, attacl
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND relnamespace <> ${toast}`,
  `SELECT adrelid::regclass, adnum, adbin FROM pg_attrdef`,
  `SELECT conrelid::regclass, conname, contype, condeferrable, condeferred, conenforced, convalidated, confrelid::regclass, confupdtype,
    confdeltype, confmatchtype, connoinherit, conperiod, conkey, confkey, conpfeqop, confdelsetcols, conexclop, conbin
    FROM pg_constraint WHERE oid >= 16384`,
  `SELECT indexrelid::regclass, indrelid::regclass, indnkeyatts, indisunique, indnullsnotdistinct, indisprimary, indimmediate, indisclustered,
    indisvalid, indisready, indisreplident, indkey, indcollation, indclass, indoption, indexprs, indpred
    FROM pg_index WHERE indexrelid >= 16384 AND indrelid::regclass::text NOT LIKE 'pg_toast.%'`,
  `SELECT proname, pronamespace, proowner, prolang, procost, prorows, provariadic, prosupport, prokind, prosecdef, proleakproof, proisstrict,
    proretset, provolatile, proparallel, prorettype, proargtypes, proallargtypes, proargmodes, proargnames, proargdefaults, protrftypes, prosrc,
    probin, prosqlbody, proconfig, proacl FROM pg_proc WHERE oid >= 16384`,
  // A condition on whole rows has the number of their type in it: that one is put into words. Those for foreign keys are named by numbers.
  `SELECT tgrelid::regclass, CASE WHEN NOT tgisinternal THEN tgname END, tgfoid::regproc, tgtype, tgenabled, tgdeferrable, tginitdeferred,
    tgattr, tgargs, tgoldtable, tgnewtable, CASE WHEN tgqual IS NOT NULL THEN pg_get_triggerdef(oid) END FROM pg_trigger WHERE oid >= 16384`,
  `SELECT seqrelid::regclass, seqtypid, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle, ARRAY(
      SELECT refobjid::regclass || '.' || refobjsubid FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass)
    FROM pg_sequence`,
  `SELECT nspname, nspowner, nspacl FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'`,
  `SELECT defaclrole, defaclnamespace, defaclobjtype, defaclacl FROM pg_default_acl`,
  `SELECT datdba, ARRAY(SELECT acl FROM unnest(coalesce(datacl, acldefault('d', datdba))::text[]) AS acl WHERE acl LIKE '=%')
    FROM pg_database WHERE datname = current_database()`,
  // Of other kinds, how many there are: whatever there is depends on something.
  `SELECT classid FROM pg_depend WHERE classid = ANY ('{${others.join(',')}}'::regclass[]) AND objid >= 16384`,
];

/** How many of each kind there are, and the sum of their hashes: whatever their order. */
export const shapeQuery = things
  .map((rows) => `SELECT count(*) AS things, sum(hashtextextended(thing::text, 0)) AS hash FROM (${rows}) AS thing`)
  .join(';\n');
