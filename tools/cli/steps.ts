import { DefaultRenderer, Listr, ListrLogger, type ListrTask, ProcessOutput } from 'listr2';
import type { Operation } from '@tenantry/contracts';

/** Tells people how far a long action is; on stderr, so that what is piped on is the outcome alone. */
export interface Steps {
  show(operation: Operation): void;
  /** Nothing more will be shown, whatever has not ended by now. */
  end(): Promise<void>;
}

type Step = Operation['steps'][number];

const marks: Readonly<Record<string, string>> = {
  succeeded: 'done',
  failed: 'FAILED',
  running: '...',
  skipped: 'skipped',
};

const tookMs = ({ startedAt, endedAt }: Step): string =>
  startedAt && endedAt ? ` (${Date.parse(endedAt) - Date.parse(startedAt)} ms)` : '';

/** A line for each change of a step: what can be piped. */
export class StepLines implements Steps {
  readonly #said = new Map<string, string>();

  show({ steps }: Operation): void {
    for (const step of steps) {
      const { name, state, error } = step;
      const mark = marks[state];
      if (!mark || this.#said.get(name) === state) continue;
      this.#said.set(name, state);
      process.stderr.write(`  ${name}: ${mark}${tookMs(step)}${error ? ` - ${error}` : ''}\n`);
    }
  }

  async end(): Promise<void> {
    // Every line has been written when it was known.
  }
}

/** Asked of stderr, where it draws (`Output.isLive`): listr2 looks at stdout, and writes plain lines there when that is piped. */
class OnStderr extends DefaultRenderer {
  static override nonTTY = true;
}

type Task = ListrTask<unknown, typeof OnStderr>;
type Shown = Parameters<Task['task']>[1];

/** A list that changes in its place, for a terminal; the steps to come are in it from the beginning. */
export class LiveSteps implements Steps {
  readonly #ends = new Map<string, PromiseWithResolvers<Step | undefined>>();
  #shown: Promise<unknown> = Promise.resolve();

  show({ steps }: Operation): void {
    // What makes undone is in it only once it is needed: a list of its own, below the one that has come to its end.
    const others = steps.filter(({ name }) => !this.#ends.has(name));
    if (others.length > 0) this.#begin(others);
    for (const step of steps) if (step.endedAt || step.state === 'skipped') this.#ends.get(step.name)?.resolve(step);
  }

  async end(): Promise<void> {
    for (const { resolve } of this.#ends.values()) resolve(undefined);
    await this.#shown;
  }

  #begin(steps: readonly Step[]): void {
    for (const { name } of steps) this.#ends.set(name, Promise.withResolvers());
    this.#shown = this.#shown.then(() => this.#draw(steps));
  }

  async #draw(steps: readonly Step[]): Promise<void> {
    const tasks = steps.map(({ name }): Task => ({ title: name, task: (_, shown) => this.#follow(name, shown) }));
    const toStderr = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
    const list = new Listr(tasks, {
      renderer: OnStderr,
      exitOnError: false,
      // Ctrl-C gives up the watching, not the action (follow.ts).
      registerSignalListeners: false,
      rendererOptions: { logger: toStderr, collapseSkips: false },
    });
    await list.run();
  }

  async #follow(name: string, shown: Shown): Promise<void> {
    const step = await this.#ends.get(name)!.promise;
    if (!step || step.state === 'skipped') return shown.skip();
    shown.title = `${name}${tookMs(step)}`;
    if (step.state === 'failed') throw new Error(step.error ?? 'failed');
  }
}
