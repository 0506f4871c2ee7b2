import { spawn } from 'node:child_process';
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseSources, type Stanza } from './apt-sources.ts';

/**
 * apt with a state of its own under `home`: it reads the machine's mirrors, keys and proxies, and changes nothing of the machine's.
 * Needs no root.
 */
export class Apt {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    for (const dir of ['lists/partial', 'cache/archives/partial', 'sources'])
      mkdirSync(join(home, dir), { recursive: true });
    writeFileSync(join(home, 'status'), '');
    writeFileSync(join(home, 'apt.conf'), configuration(home));
  }

  /** Reads the index of one source. Raises when it has none. */
  async update(source: string): Promise<void> {
    writeFileSync(join(this.#home, 'sources/tenantry.sources'), source);
    await this.#run('apt-get', ['update', '--error-on=any']);
  }

  /** Unpacks packages, and the libraries they name, into `into`. */
  async unpack(packages: string[], into: string): Promise<void> {
    const depends = await this.#run('apt-cache', ['depends', '--important', ...packages]);
    const libraries = [...depends.matchAll(/Depends: (lib[^\s<]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !isCore(name));
    await this.#run('apt-get', ['download', ...new Set([...packages, ...libraries])]);
    mkdirSync(into, { recursive: true });
    for (const file of readdirSync(this.#home).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(this.#home, file), into], this.#home);
    }
  }

  #run(command: string, args: string[]): Promise<string> {
    return run(command, ['-c', join(this.#home, 'apt.conf'), ...args], this.#home);
  }
}

/** The machine's own entries, from both formats. */
export function machineSources(etc = '/etc/apt'): Stanza[] {
  const files = [join(etc, 'sources.list'), ...globSync(join(etc, 'sources.list.d/*.{list,sources}')).sort()];
  return files.flatMap((file) => {
    try {
      return parseSources(readFileSync(file, 'utf8'), extname(file) === '.sources' ? 'sources' : 'list');
    } catch {
      return [];
    }
  });
}

/** The machine's C and C++ runtime must be its own: one from another suite does not fit the loader. */
function isCore(name: string): boolean {
  return /^lib(c6|gcc|stdc\+\+|crypt)/.test(name);
}

function configuration(home: string): string {
  // The hooks of a machine (clean its caches, refresh its desktop's catalogue) are about its own state.
  const hooks = [
    'APT::Update::Pre-Invoke',
    'APT::Update::Post-Invoke',
    'APT::Update::Post-Invoke-Success',
    'DPkg::Post-Invoke',
    'APT::Post-Invoke',
  ];
  return `
${hooks.map((hook) => `#clear ${hook};`).join('\n')}
Dir::State "${home}";
Dir::State::Lists "${home}/lists";
Dir::State::status "${home}/status";
Dir::Cache "${home}/cache";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "${home}/sources";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "${home}/none";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
`;
}

function run(command: string, args: string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    child.stderr.on('data', (bytes) => (err += bytes));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args[2] ?? ''}: ${err.trim().split('\n')[0] || `exit code ${code}`}`));
    });
  });
}
