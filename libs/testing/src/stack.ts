import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { Client } from './client.js';
import { Conformance, type OpenApiDocument } from './conformance.js';
import { freePorts } from './ports.js';

interface StackOptions {
  /** Variables of `npm start` and of what it passes on. */
  readonly env?: Readonly<Record<string, string>>;
  /** As `--scale` takes it: `2`, or `products=2,gateway=2`. */
  readonly scale?: string;
  /** PostgreSQL servers for tenants; one unless said. */
  readonly clusters?: number;
  /** Whether the demo tenants are made; not unless said. */
  readonly demo?: boolean;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** A first start makes a database cluster; on a busy machine that takes a while. */
const readyWithinMs = 120_000;
const stopWithinMs = 40_000;

/**
 * A whole stack as a user starts it, in processes of its own and a data directory that goes with it. Every answer to its clients is held
 * against the OpenAPI documents that it serves.
 */
export class Stack {
  private conformance: Conformance | undefined;
  private readonly killed: string[] = [];
  /** Asks the gateway as nobody. */
  readonly http: Client;
  /** Asks as the first operator. */
  readonly operator: Client;

  private constructor(
    readonly url: string,
    readonly operatorKey: string,
    private readonly dataDir: string,
    private readonly launcher: ChildProcess,
    private readonly said: string[],
  ) {
    this.http = Client.of(url, (method, path, answer) => this.conformance?.faultOf(method, path, answer));
    this.operator = this.http.with({ authorization: `Bearer ${operatorKey}` });
  }

  /** Resolves when all of it serves. Raises with what it said when it does not. */
  static async start({ env = {}, scale, clusters, demo = false }: StackOptions = {}): Promise<Stack> {
    const dataDir = mkdtempSync(join(tmpdir(), 'tenantry-stack-'));
    // Run by root, PostgreSQL is another user, who has to get through.
    chmodSync(dataDir, 0o711);
    const port = await freePorts();
    const operatorKey = `tok_${randomBytes(32).toString('base64url')}`;
    const { PATH, HOME, XDG_CACHE_HOME, TENANTRY_CACHE } = process.env;
    const args = [...(scale ? ['--scale', scale] : []), ...(clusters ? ['--clusters', String(clusters)] : [])];
    const launcher = spawn(process.execPath, ['tools/stack/start.ts', ...args], {
      cwd: root,
      env: {
        ...{ PATH, HOME, XDG_CACHE_HOME, TENANTRY_CACHE, NODE_ENV: 'test', ...env },
        ...{
          PORT: String(port),
          TENANTRY_DATA: dataDir,
          TENANTRY_DEMO: demo ? '1' : '0',
          TENANTRY_OPERATOR_KEY: operatorKey,
        },
      },
      // By the channel it learns of our death and stops by itself.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const said: string[] = [];
    for (const output of [launcher.stdout, launcher.stderr])
      output!.on('data', (bytes: Buffer) => said.push(bytes.toString()));
    const stack = new Stack(`http://127.0.0.1:${port}`, operatorKey, dataDir, launcher, said);
    try {
      await stack.until(() => /^ready /m.test(stack.output), readyWithinMs);
      stack.conformance = await Conformance.of(await stack.readDocuments());
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Where the second gateway is, of a stack that has one. */
  get secondUrl(): string {
    const { protocol, hostname, port } = new URL(this.url);
    return `${protocol}//${hostname}:${Number(port) + 1}`;
  }

  /** What the launcher has said so far. */
  get output(): string {
    return this.said.join('');
  }

  /** The process of this name that runs now: `nats`, `products`, `products-2`, ... Raises where there is none. */
  pidOf(name: string): number {
    return Number(readFileSync(join(this.dataDir, 'run', `${name}.pid`), 'utf8'));
  }

  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    process.kill(this.pidOf(name), signal);
    if (!['SIGSTOP', 'SIGCONT'].includes(signal)) this.killed.push(name);
  }

  /** Kills a server, and removes what it had stored before it runs again. */
  lose(name: 'nats'): void {
    this.kill(name);
    rmSync(join(this.dataDir, name), { recursive: true, force: true, maxRetries: 5 });
  }

  /** All that a process of this name has written. */
  logOf(name: string): string {
    return readFileSync(join(this.dataDir, 'log', `${name}.log`), 'utf8');
  }

  /** What its services wrap keys with. */
  get masterKey(): Buffer {
    return Buffer.from(this.readJson<{ masterKey: string }>('secrets.json').masterKey, 'base64');
  }

  /** What a process of this name tells Prometheus now. */
  async metricsOf(name: string): Promise<string> {
    return (await this.askInside(name, '/metrics')).text();
  }

  /** Whether the process of this name would be sent work. */
  async isReady(name: string): Promise<boolean> {
    return (await this.askInside(name, '/readyz')).ok;
  }

  /** Every secret the stack was started with, or that went through its front door. */
  get secrets(): string[] {
    return [...textsOf(this.readJson('secrets.json')), ...this.http.secretsSeen.values];
  }

  /** All that its processes have written so far, by name. */
  get logs(): Record<string, string> {
    const names = readdirSync(join(this.dataDir, 'log')).map((file) => file.replace(/\.log$/, ''));
    return Object.fromEntries(names.map((name) => [name, this.logOf(name)]));
  }

  /** All mails it has sent so far, the oldest first, as RFC 5322 has them. */
  get mails(): string[] {
    const folder = join(this.dataDir, 'mails');
    const files = existsSync(folder) ? readdirSync(folder).sort() : [];
    return files.map((file) => readFileSync(join(folder, file), 'utf8'));
  }

  /** Runs one of auth's own commands as an operator does, with auth's settings; what it said. Raises where it failed. */
  async runInAuth(command: string, ...given: string[]): Promise<string> {
    const { masterKey, roles } = this.readJson<{ masterKey: string; roles: { auth: string } }>('secrets.json');
    const { postgres: port } = this.readJson<{ postgres: number }>('ports.json');
    const database = `postgres://auth:${encodeURIComponent(roles.auth)}@127.0.0.1:${port}/auth`;
    const env = { PATH: process.env['PATH'], AUTH_DATABASE_URL: database, MASTER_KEY: masterKey };
    const script = join(root, 'apps/auth/dist', `${command}.js`);
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...given], { env });
    return stdout;
  }

  /** A superuser's connection to one of the stack's databases. The caller ends it. */
  async openDatabase(database = 'postgres'): Promise<pg.Client> {
    const { postgres: password } = this.readJson<{ postgres: string }>('secrets.json');
    const { postgres: port } = this.readJson<{ postgres: number }>('ports.json');
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database });
    // Stories end its server; whoever still needs the connection sees it by the next query.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Makes the stack's Redis forget everything. */
  async emptyRedis(): Promise<void> {
    const { redis: password } = this.readJson<{ redis: string }>('secrets.json');
    const { redis: port } = this.readJson<{ redis: number }>('ports.json');
    const socket = connect(port, '127.0.0.1');
    socket.end(`AUTH ${password}\r\nFLUSHALL\r\nQUIT\r\n`);
    const answer = (await socket.setEncoding('utf8').toArray()).join('');
    if (!/^\+OK\r\n\+OK\r\n/.test(answer)) throw new Error(`Redis was not emptied: ${answer}`);
  }

  /** As Ctrl-C does; resolves when nothing of it is left. Raises when a process had died that nobody killed: it is soon back, and nobody would miss it. */
  async stop(): Promise<void> {
    this.http.close();
    const { launcher } = this;
    const isOver = (): boolean => launcher.exitCode !== null || launcher.signalCode !== null;
    launcher.kill('SIGTERM');
    for (const late = Date.now() + stopWithinMs; !isOver() && Date.now() < late;) await sleep(50);
    const isClean = isOver();
    if (!isClean) launcher.kill('SIGKILL');
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10 });
    if (!isClean) throw new Error(`the stack did not stop within ${stopWithinMs / 1000} s; it said:\n${this.output}`);
    const died = this.diedByThemselves();
    if (died.length > 0) throw new Error(`died by themselves: ${died.join(', ')}; the stack said:\n${this.output}`);
  }

  private diedByThemselves(): string[] {
    const died = [...this.output.matchAll(/^(\S+) died \(/gm)].map(([, name]) => name!);
    for (const name of this.killed) if (died.includes(name)) died.splice(died.indexOf(name), 1);
    return died;
  }

  private askInside(name: string, path: string): Promise<Response> {
    const ports = this.readJson<Record<string, number>>('internal-ports.json');
    return fetch(`http://127.0.0.1:${ports[name]}${path}`);
  }

  private readDocuments(): Promise<OpenApiDocument[]> {
    const paths = ['/openapi.json', '/openapi-platform.json'];
    return Promise.all(paths.map(async (path) => (await this.http.get<OpenApiDocument>(path)).body));
  }

  private readJson<Content>(file: string): Content {
    return JSON.parse(readFileSync(join(this.dataDir, file), 'utf8')) as Content;
  }

  private async until(isSo: () => boolean, withinMs: number): Promise<void> {
    for (const late = Date.now() + withinMs; !isSo();) {
      const isOver = this.launcher.exitCode !== null || this.launcher.signalCode !== null;
      if (isOver || Date.now() > late) throw new Error(`the stack did not become ready; it said:\n${this.output}`);
      await sleep(50);
    }
  }
}

const textsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [String(value)];
