/** Statements that end with the transaction they run in, or leave nothing at all. */
const harmless =
  /^\s*(?:select|insert|update|delete|merge|with|values|table|show|explain|begin|start\s+transaction|commit|end|rollback|savepoint|release|lock|set\s+(?:local|transaction|constraints))\b/i;
/** ... unless they do one of these, or hide a second statement. */
const harmful =
  /;\s*\S|\bset_config\s*\(|\bpg_(?:try_)?advisory_lock|\bpg_temp|\binto\s+(?:temp|temporary)\b|\bdblink_connect|\blo_/i;

/** The texts of a service repeat; those that do not are not worth keeping. */
const limit = 2000;
const seen = new Map<string, boolean>();

/** Whether a statement may leave something behind in its session: a setting, a lock, a temporary table, a listener. */
export function leavesTrace(text: string): boolean {
  const known = seen.get(text);
  if (known !== undefined) return known;
  const leaves = !harmless.test(text) || harmful.test(text);
  if (seen.size >= limit) seen.clear();
  seen.set(text, leaves);
  return leaves;
}

/** Undoes what {@link leavesTrace} finds: `DISCARD ALL` without its loss of prepared statements, which hold no data. */
export const discardText =
  'CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES';
