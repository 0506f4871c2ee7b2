import { parseArgs } from 'node:util';
import { connections } from './connections.ts';
import type { Bench } from './harness/bench.ts';
import { isMet, type Figure } from './harness/figure.ts';
import { jsonLine, table } from './harness/report.ts';
import { hop } from './hop.ts';
import { kit } from './kit.ts';
import { list } from './list.ts';
import { login } from './login.ts';
import { migrate } from './migrate.ts';
import { overload } from './overload.ts';
import { provisioning } from './provisioning.ts';
import { soak } from './soak.ts';
import { telemetry } from './telemetry.ts';

const benches: readonly Bench[] = [
  ...[kit, hop, list, telemetry, login],
  ...[overload, provisioning, migrate, connections, soak],
];

const help = `npm run bench [-- <name>...] [options]

Each figure is a ratio of ours by a bare limit, measured in turns within one run: the median over the rounds.

${benches.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}

  --rounds N   how many rounds of every arm
  --seconds S  how long each lasts
  --databases N   for connections: how many (default 1000; 8 MB of disk each, while it runs)
  --json       one line a figure, and nothing else on stdout
  --strict     exit code 1 when a target was missed
`;

/** All that was started, for the signal that comes before the end. */
const owned = new AsyncDisposableStack();
let leavingWith: number | undefined;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    if (leavingWith !== undefined) return;
    leavingWith = code;
    // The run then fails for want of its processes, which brings us to the end below.
    void owned.disposeAsync();
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (leavingWith === undefined) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = leavingWith ?? 1;
} finally {
  await owned.disposeAsync();
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      strict: { type: 'boolean' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      databases: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = positionals.length > 0 ? positionals.map(benchNamed) : benches;
  const given = {
    ...positive('rounds', values.rounds),
    ...positive('seconds', values.seconds),
    ...positive('databases', values.databases),
  };
  const figures: Figure[] = [];
  for (const bench of chosen) {
    const found = await run(bench, given, values.json === true);
    figures.push(...found);
    if (values.json) for (const figure of found) process.stdout.write(`${jsonLine(figure)}\n`);
  }
  if (!values.json) process.stdout.write(`${table(figures)}\n`);
  return values.strict && figures.some((figure) => isMet(figure) === false) ? 1 : 0;
}

async function run(bench: Bench, given: object, isQuiet: boolean): Promise<Figure[]> {
  await using ours = owned.use(new AsyncDisposableStack());
  const report = (text: string): void => void (isQuiet || process.stderr.write(`${bench.name}: ${text}\n`));
  return await bench.run({ ...bench.defaults, ...given, report }, ours);
}

function benchNamed(name: string): Bench {
  const found = benches.find((bench) => bench.name === name);
  if (!found) throw new Error(`no bench '${name}'; there are ${benches.map((bench) => bench.name).join(', ')}`);
  return found;
}

function positive(name: 'rounds' | 'seconds' | 'databases', text: string | undefined): object {
  if (text === undefined) return {};
  const value = Number(text);
  if (!(value > 0) || (name !== 'seconds' && !Number.isInteger(value))) throw new Error(`--${name} ${text}`);
  return { [name]: value };
}
