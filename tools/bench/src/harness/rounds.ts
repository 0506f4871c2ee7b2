import { setTimeout as sleep } from 'node:timers/promises';
import { cpuTimeUs } from './cpu.ts';

/** What one arm did in one round. */
export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  /** Latency in microseconds, where the arm measures it. */
  readonly p50Us?: number;
}

/** One of the things compared. */
export interface Arm {
  readonly name: string;
  /** All processes that do its work, brokers and databases among them; those below them count too. */
  readonly pids: readonly number[];
  /** Processes that only make load: their time is reported apart. */
  readonly loadPids?: readonly number[];
  measure(seconds: number): Promise<Measured>;
}

export interface Sample extends Measured {
  readonly perSecond: number;
  /** Undefined where the system does not tell. */
  readonly cpuUsPerRequest: number | undefined;
  readonly loadCpuUsPerRequest: number | undefined;
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
    await arm.measure(plan.warmUpSeconds);
  }
  const samples = arms.map((): Sample[] => []);
  for (let round = 0; round < plan.rounds; round++) {
    plan.report(`round ${round + 1} of ${plan.rounds}`);
    const order = [...arms.keys()];
    for (const index of round % 2 === 0 ? order : order.reverse()) {
      await sleep(pauseMs);
      samples[index]!.push(await sampleOf(arms[index]!, plan.seconds));
    }
  }
  return samples;
}

async function sampleOf(arm: Arm, seconds: number): Promise<Sample> {
  const before = [cpuTimeUs(arm.pids), cpuTimeUs(arm.loadPids ?? [])];
  const measured = await arm.measure(seconds);
  const after = [cpuTimeUs(arm.pids), cpuTimeUs(arm.loadPids ?? [])];
  if (measured.requests === 0) throw new Error(`${arm.name} answered nothing`);
  const [cpuUsPerRequest, loadCpuUsPerRequest] = after.map((us, index) => {
    const start = before[index];
    return us === undefined || start === undefined ? undefined : (us - start) / measured.requests;
  });
  return { ...measured, perSecond: measured.requests / measured.seconds, cpuUsPerRequest, loadCpuUsPerRequest };
}
