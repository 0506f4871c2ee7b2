import type { Migration } from '../migration.js';

export const auditIsKept: Migration = {
  version: 11,
  name: 'audit-is-kept',
  sql: `
    -- Services add to it and read it. What is older than it is kept they remove through the owner's function alone, which keeps the last day
    -- whatever it is asked for.
    REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM tenant_member;

    CREATE FUNCTION forget_audit_events(kept_days integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      -- Ids begin with the time (RFC 9562, 5.7), so that their index finds the oldest. Who is at it already is not waited for.
      DELETE FROM public.audit_events WHERE id IN (
        SELECT id FROM public.audit_events WHERE id < uuidv7(make_interval(days => -greatest(kept_days, 1)))
        ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)
    $$;
    REVOKE ALL ON FUNCTION forget_audit_events(integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION forget_audit_events(integer) TO tenant_member;
  `,
};
