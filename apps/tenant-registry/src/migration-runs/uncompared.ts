/** The code of what went wrong, as PostgreSQL or the system says it, for who reads the message. */
export const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? ` (${code})` : '';
};

/** A database has its version, and its tables could not be read, or there was nothing to compare them with. */
export class Uncompared extends Error {
  override readonly name = 'Uncompared';

  constructor(
    readonly from: number,
    readonly to: number,
    cause: unknown,
  ) {
    super(`it is at version ${to}, and its tables could not be compared with those of that version${codeOf(cause)}`, {
      cause,
    });
  }
}
