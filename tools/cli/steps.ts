import { DefaultRenderer, Listr, ListrLogger, type ListrTask, ProcessOutput } from 'listr2';
import { barOf, Pace, type Progress } from './progress.ts';

/** A part of a long action, as people are shown it. */
export interface Step {
  /** Its own among the steps of the action. */
  readonly name: string;
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';
  /** How far it is, of one that has many parts of its own. */
  readonly progress?: Progress;
  /** More about it, such as ` (12 ms)`. */
  readonly note: string;
  /** Why it failed. */
  readonly error?: string | undefined;
}

/** Tells people how far a long action is; on stderr, so that what is piped on is the outcome alone. */
export interface Steps {
  show(steps: readonly Step[]): void;
  /** Nothing more will be shown, whatever has not ended by now. */
  end(): Promise<void>;
}

const marks: Readonly<Record<Step['state'], string | undefined>> = {
  pending: undefined,
  succeeded: 'done',
  failed: 'FAILED',
  running: '...',
  skipped: 'skipped',
};

const isOver = ({ state }: Step): boolean => state !== 'pending' && state !== 'running';
const countOf = ({ progress }: Step): string => (progress ? ` ${progress.done}/${progress.total}` : '');
const causeOf = ({ error }: Step): string => (error ? ` - ${error}` : '');

/** A line for each change of a step: what can be piped. */
export class StepLines implements Steps {
  readonly #said = new Map<string, string>();

  show(steps: readonly Step[]): void {
    for (const step of steps) {
      const { name, state, note } = step;
      const mark = marks[state];
      const line = `  ${name}: ${mark}${countOf(step)}${note}${causeOf(step)}`;
      if (!mark || this.#said.get(name) === line) continue;
      this.#said.set(name, line);
      process.stderr.write(`${line}\n`);
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

/** A step's place in the list. */
class Place {
  readonly #pace = new Pace();
  readonly #end = Promise.withResolvers<Step | undefined>();
  #shown: Shown | undefined;
  #title = '';

  see(step: Step): void {
    const { name, state, progress, note } = step;
    const bar = progress ? `  ${barOf(progress)}` : '';
    this.#title = `${name}${bar}${countOf(step)}${note}${progress && state === 'running' ? this.#pace.of(progress) : ''}`;
    if (this.#shown) this.#shown.title = this.#title;
    if (isOver(step)) this.#end.resolve(step);
  }

  leave(): void {
    this.#end.resolve(undefined);
  }

  /** Until the step is over, or nobody watches it any more. */
  async follow(shown: Shown): Promise<void> {
    this.#shown = shown;
    shown.title = this.#title;
    const step = await this.#end.promise;
    if (!step || step.state === 'skipped') return shown.skip();
    if (step.state === 'failed') throw new Error(`${this.#title}${causeOf(step)}`);
  }
}

/** A list that changes in its place, for a terminal; the steps to come are in it from the beginning. */
export class LiveSteps implements Steps {
  readonly #places = new Map<string, Place>();
  #shown: Promise<unknown> = Promise.resolve();

  show(steps: readonly Step[]): void {
    // What makes undone is in it only once it is needed: a list of its own, below the one that has come to its end.
    const others = steps.filter(({ name }) => !this.#places.has(name));
    if (others.length > 0) this.#begin(others);
    for (const step of steps) this.#places.get(step.name)!.see(step);
  }

  async end(): Promise<void> {
    for (const place of this.#places.values()) place.leave();
    await this.#shown;
  }

  #begin(steps: readonly Step[]): void {
    for (const { name } of steps) this.#places.set(name, new Place());
    this.#shown = this.#shown.then(() => this.#draw(steps));
  }

  async #draw(steps: readonly Step[]): Promise<void> {
    const tasks = steps.map(({ name }): Task => ({
      title: name,
      task: (_, shown) => this.#places.get(name)!.follow(shown),
    }));
    const toStderr = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
    const list = new Listr(tasks, {
      renderer: OnStderr,
      exitOnError: false,
      // Ctrl-C gives up the watching, not the action (watch.ts).
      registerSignalListeners: false,
      rendererOptions: { logger: toStderr, collapseSkips: false },
    });
    await list.run();
  }
}
