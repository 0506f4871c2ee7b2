type Row = Readonly<Record<string, unknown>>;

const isNested = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as people read it: no JSON, and nothing of a thing left out. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.map((member: unknown) => cellOf(member)).join(', ') || '-';
  if (!isNested(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${name}=${cellOf(member)}`);
  return members.join(' ') || '-';
}

/** A line for each member, also of what is inside (`limits.maxUsers`), and for each of several such (`steps.1`). */
function linesOf(item: object, before = ''): [name: string, cell: string][] {
  return Object.entries(item).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    const name = before + key;
    if (isNested(value) && Object.keys(value).length > 0) return linesOf(value, `${name}.`);
    if (Array.isArray(value) && value.some(isNested))
      return value.map((member, at): [string, string] => [`${name}.${at + 1}`, cellOf(member)]);
    return [[name, cellOf(value)]];
  });
}

/** For machines a document a line; for people tables without colours, the same where they are piped. */
export class Output {
  readonly #asJson: boolean;

  constructor(asJson: boolean) {
    this.#asJson = asJson;
  }

  /** Whether what happens meanwhile may be drawn: not for machines, not where it is piped. */
  get isLive(): boolean {
    return !this.#asJson && process.stderr.isTTY;
  }

  /** One thing: its members, one a line. */
  one(item: object): void {
    if (this.#asJson) this.#json(item);
    else {
      const lines = linesOf(item);
      const width = Math.max(...lines.map(([name]) => name.length));
      for (const [name, cell] of lines) this.#line(`${name.padEnd(width)}  ${cell}`);
    }
  }

  /**
   * Many things of a kind: a table of these columns.
   * @param below what fits into no column, a line each, below the row of its thing.
   */
  many<Item extends object>(
    items: readonly Item[],
    columns: readonly string[],
    below: (item: Item) => readonly string[] = () => [],
  ): void {
    if (this.#asJson) for (const item of items) this.#json(item);
    else {
      const rows = [
        columns.map((name) => name.toUpperCase()),
        ...items.map((item) => columns.map((name) => cellOf((item as Row)[name]))),
      ];
      const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
      for (const [at, row] of rows.entries()) {
        this.#line(
          row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd(),
        );
        const item = items[at - 1];
        for (const line of item ? below(item) : []) this.#line(`  ${line}`);
      }
    }
  }

  /** What happens meanwhile: on stderr, so that what is piped on is the outcome alone. */
  progress(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  #json(item: object): void {
    this.#line(JSON.stringify(item));
  }

  #line(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}
