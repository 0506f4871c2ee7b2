import type { Program } from './program.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';

/** The processes of one stack, in shifts: what started first stops last. */
export class Crew {
  readonly #options: SupervisorOptions;
  readonly #shifts: Supervisor[][] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves when all of them serve; raises what the first one that could not start says. */
  async start(programs: Program[]): Promise<void> {
    const shift = programs.map((program) => new Supervisor(program, this.#options));
    this.#shifts.push(shift);
    await Promise.all(shift.map((supervisor) => supervisor.start()));
  }

  async stop(): Promise<void> {
    for (const shift of this.#shifts.toReversed()) await Promise.all(shift.map((supervisor) => supervisor.stop()));
  }

  pid(name: string): number | undefined {
    return this.#shifts.flat().find((supervisor) => supervisor.program.name === name)?.pid;
  }
}
