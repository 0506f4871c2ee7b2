interface Mark {
  readonly position: bigint;
  readonly atMs: number;
}

const mostMarks = 1000;

/** Two marks as one that is never reached before both are, and as old as the older. */
const mergedWithNext = ({ position, atMs }: Mark, index: number, marks: readonly Mark[]): Mark[] =>
  index % 2 === 1 ? [] : [{ position: marks[index + 1]?.position ?? position, atMs }];

/**
 * How far a replica is behind, by marks in the primary's log: the age of the oldest that the replica has not reached. Unlike the replica's
 * own figures it neither grows while nobody writes nor stands still when the replica hears nothing more.
 */
export class ReplicaLag {
  private marks: Mark[] = [];

  constructor(
    private readonly mostMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The primary's log was so long a moment ago. */
  wrote(position: bigint): void {
    if (position !== this.marks.at(-1)?.position) this.marks.push({ position, atMs: this.now() });
    if (this.marks.length > mostMarks) this.marks = this.marks.flatMap(mergedWithNext);
  }

  /** The replica has come so far. */
  replayed(position: bigint): void {
    this.marks = this.marks.filter((mark) => mark.position > position);
  }

  get milliseconds(): number {
    const [oldest] = this.marks;
    return oldest ? this.now() - oldest.atMs : 0;
  }

  get isTooMuch(): boolean {
    return this.milliseconds > this.mostMs;
  }
}
