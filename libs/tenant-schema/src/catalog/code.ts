import { type Granted, grantsOn } from './grants.js';
import { firstOid, isOurs, line, part, role } from './part.js';

interface Routine extends Granted {
  readonly oid: number;
  readonly name: string;
  readonly owner: string;
  readonly definition: string;
}

const functions = part<Routine>(
  `SELECT oid, oid::regprocedure::text AS name, pg_get_userbyid(proowner) AS owner,
     CASE prokind WHEN 'a' THEN 'aggregate' ELSE rtrim(pg_get_functiondef(oid), chr(10)) END AS definition,
     proacl::text[] AS acl, acldefault('f', proowner)::text[] AS standard
   FROM pg_proc WHERE ${isOurs('pronamespace')}`,
  ({ oid, name, owner, definition, ...granted }, known) =>
    known.isPart('pg_proc', oid)
      ? undefined
      : [line('function', name, 'owner', role(owner), definition), ...grantsOn(`function ${name}`, granted)],
);

/** Whether it is done: always, or only for changes that are made here, or only for those that come from elsewhere (`tgenabled`). */
const firing: Readonly<Record<string, string>> = { D: 'disabled', R: 'on replicas', A: 'always' };

interface Trigger {
  readonly relation: number;
  readonly definition: string;
  readonly enabled: string;
}

/** Of the triggers that stand for foreign keys only that one is off is news; their own names are numbers. */
const triggers = part<Trigger>(
  `SELECT tgrelid AS relation, tgenabled AS enabled, CASE WHEN tgisinternal
     THEN concat('of constraint ', (SELECT quote_ident(conname) FROM pg_constraint WHERE oid = tgconstraint), ' ', tgfoid::regproc)
     ELSE pg_get_triggerdef(oid) END AS definition
   FROM pg_trigger WHERE oid >= ${firstOid} AND (NOT tgisinternal OR tgenabled <> 'O')`,
  ({ relation, definition, enabled }, { relations }) =>
    relations.has(relation) ? line('trigger', relations.get(relation)?.name, definition, firing[enabled]) : undefined,
);

const rules = part<Trigger>(
  `SELECT ev_class AS relation, ev_enabled AS enabled, pg_get_ruledef(oid) AS definition
   FROM pg_rewrite WHERE oid >= ${firstOid} AND rulename <> '_RETURN'`,
  ({ relation, definition, enabled }, { relations }) =>
    relations.has(relation) ? line('rule', relations.get(relation)?.name, definition, firing[enabled]) : undefined,
);

interface EventTrigger {
  readonly oid: number;
  readonly name: string;
  readonly event: string;
  readonly owner: string;
  readonly calls: string;
  readonly tags: string | null;
  readonly enabled: string;
}

const eventTriggers = part<EventTrigger>(
  `SELECT oid, quote_ident(evtname) AS name, evtevent AS event, pg_get_userbyid(evtowner) AS owner, evtfoid::regprocedure::text AS calls,
     evttags::text AS tags, evtenabled AS enabled FROM pg_event_trigger`,
  ({ oid, name, event, owner, calls, tags, enabled }, known) =>
    known.isPart('pg_event_trigger', oid)
      ? undefined
      : line('event trigger', name, 'on', event, tags, 'owner', role(owner), calls, firing[enabled]),
);

interface Policy {
  readonly relation: number;
  readonly name: string;
  readonly polpermissive: boolean;
  readonly polcmd: string;
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

const policies = part<Policy>(
  `SELECT polrelid AS relation, quote_ident(polname) AS name, polpermissive, polcmd, polroles::regrole[]::text[] AS roles,
     pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS check FROM pg_policy`,
  ({ relation, name, polpermissive, polcmd, roles, using, check }, { relations }) =>
    line(
      'policy',
      relations.get(relation)?.name,
      name,
      !polpermissive && 'restrictive',
      `for ${polcmd}`,
      // The role with the number 0 is everybody.
      `to ${roles
        .map((one) => (one === '-' ? 'PUBLIC' : role(one)))
        .toSorted()
        .join(', ')}`,
      using !== null && `using ${using}`,
      check !== null && `check ${check}`,
    ),
);

export const code = [functions, triggers, rules, eventTriggers, policies];
