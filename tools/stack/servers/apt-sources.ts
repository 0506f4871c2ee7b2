/** A stanza of an apt sources file, by lower-case field name. */
export type Stanza = Map<string, string>;

/** Reads either format: one-line (`deb [options] uri suite components`) or deb822 stanzas. Disabled and source-only entries are left out. */
export function parseSources(text: string, format: 'list' | 'sources'): Stanza[] {
  const stanzas = format === 'list' ? text.split('\n').map(parseLine) : text.split(/\n\s*\n/).map(parseStanza);
  return stanzas.filter((stanza) => isEnabled(stanza) && words(stanza, 'types').includes('deb') && stanza.has('uris'));
}

/** Suites to look into, in order: the machine's own first, then newer ones, since those may have what its own has only in an old version. */
export function suitesFrom(osRelease: string): string[] {
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  const own = field('VERSION_CODENAME') || (field('ID') === 'debian' ? 'sid' : '');
  const line = suitesInOrder.find((suites) => suites.includes(own));
  return line ? line.slice(line.indexOf(own)) : own ? [own] : [];
}

const suitesInOrder = [
  ['bullseye', 'bookworm', 'trixie', 'forky', 'sid'],
  ['focal', 'jammy', 'noble', 'resolute'],
];

/** The sources file that asks for `suite` where an entry of the machine has its own suite. One per entry: others may not have it. */
export function sourcesFor(suite: string, machine: Stanza[], ownSuite: string): string[] {
  return machine.filter((stanza) => isDistribution(stanza, ownSuite)).map((stanza) => write(stanza, suite));
}

function isDistribution(stanza: Stanza, ownSuite: string): boolean {
  const names = [ownSuite, 'stable', 'testing', 'unstable', 'sid'];
  return words(stanza, 'suites').some((suite) => names.includes(suite)) && words(stanza, 'components').includes('main');
}

function write(stanza: Stanza, suite: string): string {
  const fields = new Map([...stanza, ['types', 'deb'], ['suites', suite]] as [string, string][]);
  return [...fields].map(([name, value]) => `${name}: ${value}\n`).join('');
}

function words(stanza: Stanza, field: string): string[] {
  return (stanza.get(field) ?? '').split(/\s+/).filter(Boolean);
}

function isEnabled(stanza: Stanza): boolean {
  return !['no', 'false', '0', 'off'].includes((stanza.get('enabled') ?? 'yes').toLowerCase());
}

function parseLine(line: string): Stanza {
  const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
  if (!match) return new Map();
  const [, type = '', options = '', uri = '', suite = '', components = ''] = match;
  const stanza: Stanza = new Map([
    ['types', type],
    ['uris', uri],
    ['suites', suite],
    ['components', components.trim()],
  ]);
  for (const [, name = '', value = ''] of options.matchAll(/([\w-]+)=(\S+)/g))
    stanza.set(longName(name), value.replaceAll(',', ' '));
  return stanza;
}

function longName(option: string): string {
  return { arch: 'architectures', lang: 'languages', target: 'targets' }[option] ?? option;
}

/** A field goes on in lines that begin with a space (a key may stand in the file itself). */
function parseStanza(text: string): Stanza {
  const stanza: Stanza = new Map();
  let field = '';
  for (const line of text.split('\n')) {
    const begin = /^([\w-]+):\s*(.*)$/.exec(line);
    if (line.startsWith('#')) continue;
    if (begin) {
      field = (begin[1] ?? '').toLowerCase();
      stanza.set(field, begin[2] ?? '');
    } else if (/^\s+\S/.test(line) && field) {
      stanza.set(field, `${stanza.get(field)}\n${line}`);
    }
  }
  return stanza;
}
