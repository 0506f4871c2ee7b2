import { setTimeout as sleep } from 'node:timers/promises';
import { cpuTimesUs, machineTimeUs } from './cpu.ts';
import { median } from './statistics.ts';

/** What one arm did in one round. */
export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  /** Latency in microseconds, where the arm measures it. */
  readonly p50Us?: number;
  /** Of each request, where they are few enough to keep. */
  readonly latenciesUs?: readonly number[];
  readonly p99Us?: number;
}

/** One of the things compared. */
export interface Arm {
  readonly name: string;
  /** Pids of all processes that do its work by their names, brokers and databases among them; those below them count too. */
  readonly processes: Readonly<Record<string, number>>;
  /** The process that only makes load, where there is one: its time is told apart. */
  readonly loadPid?: number;
  /** Before each measurement, not measured: for what a measurement uses up. */
  prepare?(): Promise<void>;
  measure(seconds: number): Promise<Measured>;
}

export interface Sample extends Measured {
  readonly perSecond: number;
  /** Of each process in the order of the arm, in microseconds a request; undefined where the system does not tell. */
  readonly cpuUs: readonly number[] | undefined;
  readonly loadCpuUs: number | undefined;
  /** How much of the machine went to processes that are none of the run's: 0 to 1. */
  readonly othersShare: number | undefined;
}

export interface Plan {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Called as the run goes on. */
  readonly report: (text: string) => void;
}

/** For the sockets and the garbage of the arm before to come to rest. */
const pauseMs = 100;

/**
 * Runs the arms in turn, round by round (A B, B A, A B, ...): whatever slows the machine for a while slows all of them.
 * @returns one sample a round for each arm, in the order of `arms`.
 */
export async function interleave(arms: readonly Arm[], plan: Plan): Promise<Sample[][]> {
  for (const arm of arms) {
    plan.report(`warming up ${arm.name}`);
    await arm.prepare?.();
    await arm.measure(plan.warmUpSeconds);
  }
  const samples = arms.map((): Sample[] => []);
  for (let round = 0; round < plan.rounds; round++) {
    plan.report(`round ${round + 1} of ${plan.rounds}`);
    const order = [...arms.keys()];
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      await arms[index]!.prepare?.();
      await sleep(pauseMs);
      samples[index]!.push(await sampleOf(arms[index]!, plan.seconds));
    }
  }
  for (const [index, arm] of arms.entries()) reportCpu(arm, samples[index]!, plan);
  reportOthers(samples.flat(), plan);
  return samples;
}

/** Who used the CPU: the ratio says how much is lost, this says where. */
function reportCpu({ name, processes }: Arm, samples: readonly Sample[], plan: Plan): void {
  const middle = (values: readonly (number | undefined)[]): string =>
    values.every((value) => value !== undefined) ? median(values).toFixed(1) : 'unknown';
  const shares = Object.keys(processes).map(
    (each, index) => `${each} ${middle(samples.map(({ cpuUs }) => cpuUs?.[index]))}`,
  );
  const load =
    samples[0]?.loadCpuUs === undefined
      ? ''
      : `; load, not counted, ${middle(samples.map(({ loadCpuUs }) => loadCpuUs))}`;
  plan.report(`${name}: CPU us per request: ${shares.join(', ')}${load}`);
}

/** Ratios stand a busy machine better than rates do, but not every busy machine. */
const quietShare = 0.05;

function reportOthers(samples: readonly Sample[], plan: Plan): void {
  const shares = samples.flatMap(({ othersShare }) => othersShare ?? []);
  if (shares.length === 0) return;
  const share = median(shares);
  const advice = share > quietShare ? ': run again on a quiet machine before you believe this' : '';
  plan.report(`other programs took ${Math.round(share * 100)} % of the machine meanwhile${advice}`);
}

async function sampleOf(arm: Arm, seconds: number): Promise<Sample> {
  const pids = Object.values(arm.processes);
  const counted = arm.loadPid === undefined ? pids : [...pids, arm.loadPid];
  const [before, machineBefore] = [cpuTimesUs(counted), machineTimeUs()];
  const measured = await arm.measure(seconds);
  const [after, machineAfter] = [cpuTimesUs(counted), machineTimeUs()];
  if (measured.requests === 0) throw new Error(`${arm.name} answered nothing`);
  const usedUs = before && after?.map((us, index) => us - before[index]!);
  const used = usedUs?.map((us) => us / measured.requests);
  const othersUs = usedUs?.reduce((left, us) => left - us, machineAfter.busy - machineBefore.busy);
  return {
    ...measured,
    perSecond: measured.requests / measured.seconds,
    cpuUs: used?.slice(0, pids.length),
    loadCpuUs: used?.[pids.length],
    othersShare:
      othersUs === undefined ? undefined : Math.max(0, othersUs / (machineAfter.total - machineBefore.total)),
  };
}
