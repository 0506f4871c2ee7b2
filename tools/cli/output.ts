type Row = Readonly<Record<string, unknown>>;

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
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
      const width = Math.max(...Object.keys(item).map((name) => name.length));
      for (const [name, value] of Object.entries(item)) this.#line(`${name.padEnd(width)}  ${cellOf(value)}`);
    }
  }

  /** Many things of a kind: a table of these columns. */
  many(items: readonly object[], columns: readonly string[]): void {
    if (this.#asJson) for (const item of items) this.#json(item);
    else {
      const rows = [
        columns.map((name) => name.toUpperCase()),
        ...items.map((item) => columns.map((name) => cellOf((item as Row)[name]))),
      ];
      const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
      for (const row of rows)
        this.#line(
          row
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd(),
        );
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
