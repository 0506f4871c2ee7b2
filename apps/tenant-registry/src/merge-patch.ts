/** A flat document after a merge patch (RFC 7396): null removes a member, a null patch all of them. */
export const mergePatch = <Value>(
  document: Readonly<Record<string, Value>>,
  patch: Readonly<Record<string, Value | null | undefined>> | null,
): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(patch === null ? {} : { ...document, ...patch }).filter(
      (member): member is [string, Value] => member[1] !== null && member[1] !== undefined,
    ),
  );
