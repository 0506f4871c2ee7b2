const plainName = /^[a-z][a-z0-9_]{0,62}$/;

/** Names are ours, made from ids; this keeps it so, since DDL takes no parameters. */
export function plain(name: string): string {
  if (!plainName.test(name)) throw new TypeError('a physical name must be lower-case letters, digits and underscores');
  return name;
}

export const quoted = (name: string): string => `"${plain(name)}"`;
