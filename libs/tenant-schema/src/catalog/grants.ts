import { role } from './part.js';

/** https://www.postgresql.org/docs/18/ddl-priv.html, "ACL Privilege Abbreviations". */
const privileges: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
  C: 'CREATE',
  c: 'CONNECT',
  T: 'TEMPORARY',
  s: 'SET',
  A: 'ALTER SYSTEM',
};

/** What an access list has, as `<privilege> on <object> to <role>`; PostgreSQL's text of an entry is `<role>=<letters>/<grantor>`, `*` after what may be passed on. */
export const grantsOf = (acl: readonly string[], object: string): string[] =>
  acl.flatMap((entry) => {
    const [, grantee = '', letters = ''] = /^("(?:[^"]|"")*"|[^=]*)=([A-Za-z*]*)/.exec(entry) ?? [];
    const who = grantee === '' ? 'PUBLIC' : role(grantee);
    return [...letters.matchAll(/([A-Za-z])(\*?)/g)].map(
      ([, letter = '', star]) =>
        `${privileges[letter] ?? letter} on ${object} to ${who}${star ? ' with grant option' : ''}`,
    );
  });

export interface Granted {
  /** null: as `standard`. */
  readonly acl: readonly string[] | null;
  /** What an object of this kind grants as it is made. */
  readonly standard: readonly string[];
}

/** Where the rights to something are others than those it is made with: it is the same whether they were ever touched or not. */
export function grantsOn(object: string, { acl, standard }: Granted): string[] {
  if (acl === null) return [];
  const [there, made] = [acl, standard].map((list) => new Set(grantsOf(list, object))) as [Set<string>, Set<string>];
  return [
    ...[...there].filter((item) => !made.has(item)).map((item) => `grant ${item}`),
    ...[...made].filter((item) => !there.has(item)).map((item) => `no grant ${item}`),
  ];
}
