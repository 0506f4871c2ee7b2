import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const root = new URL('../../../', import.meta.url).pathname;
/** They keep a central database of their own. */
const withOwnDatabase = ['auth', 'tenant-registry'];

/** What a service must leave to this library, and why. */
const forbidden: readonly { what: string; pattern: RegExp; unlessOwn?: true }[] = [
  { what: 'a pool or client of its own', pattern: /\bnew\s+(?:pg\.)?(?:Pool|Client)\s*\(/, unlessOwn: true },
  { what: 'raw pg', pattern: /from\s+['"]pg['"]|import\s*\(\s*['"]pg['"]|require\s*\(\s*['"]pg['"]/, unlessOwn: true },
  {
    what: 'a DataSource of its own',
    pattern: /\bnew\s+DataSource\s*\(|\bTypeOrmModule\s*\.\s*forRoot/,
    unlessOwn: true,
  },
  { what: 'synchronize', pattern: /\bsynchronize\b/ },
  { what: 'migrations at its start', pattern: /\bmigrationsRun\b|\brunMigrations\b/ },
  { what: 'Active Record', pattern: /\bextends\s+BaseEntity\b/ },
  {
    what: 'a lazy relation',
    pattern: /\blazy\s*:\s*true\b|@(?:OneToMany|ManyToOne|OneToOne|ManyToMany)\([^;]*?:\s*Promise</s,
  },
];

const offences = (app: string, text: string): string[] =>
  forbidden
    .filter(({ pattern, unlessOwn }) => pattern.test(text) && !(unlessOwn && withOwnDatabase.includes(app)))
    .map(({ what }) => what);

describe('a service', () => {
  const files = existsSync(`${root}apps`)
    ? globSync('apps/*/src/**/*.ts', { cwd: root }).filter(
        (path) => !path.endsWith('.test.ts') && !path.startsWith('apps/e2e/'),
      )
    : [];

  it('reaches a tenant through this library alone', () => {
    const found = files.flatMap((path) =>
      offences(path.split('/')[1] ?? '', readFileSync(`${root}${path}`, 'utf8')).map((what) => `${path} has ${what}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['a pool or client of its own', 'const pool = new Pool({ max: 5 });'],
    ['raw pg', `import pg from 'pg';`],
    ['a DataSource of its own', 'new DataSource({})'],
    ['a DataSource of its own', 'TypeOrmModule.forRootAsync({})'],
    ['synchronize', 'synchronize: true'],
    ['migrations at its start', 'migrationsRun: true'],
    ['Active Record', 'class Product extends BaseEntity {}'],
    ['a lazy relation', '@ManyToOne(() => User, { lazy: true }) owner!: User;'],
    ['a lazy relation', '@ManyToOne(() => User)\n  owner!: Promise<User>;'],
  ])('is caught with %s: %s', (what, text) => {
    expect(offences('products', text)).toContain(what);
  });

  it('with a central database of its own may use pg for it', () => {
    expect(offences('auth', `import pg from 'pg'; new pg.Pool()`)).toEqual([]);
    expect(offences('tenant-registry', 'TypeOrmModule.forRootAsync({})')).toEqual([]);
  });
});
