let leave = (): void => process.exit(0);
// From the first moment on: a parent that is killed leaves nobody behind.
process.once('disconnect', () => leave());
// Ctrl-C reaches the whole group; the parent decides who leaves when.
process.on('SIGINT', () => undefined);

/**
 * The child's side of {@link Child}: says that it is ready, answers what it is asked, and leaves when the parent is gone.
 * @param answer undefined for a process that only serves.
 */
export function serveParent<Question>(answer?: (question: Question) => Promise<object>, leaveBy = leave): void {
  leave = leaveBy;
  process.on('message', (question: Question) => {
    void answer?.(question).then(
      (found) => process.send?.(found),
      (error: unknown) =>
        process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : 'failed' }),
    );
  });
  process.send?.({ ready: true });
}

/** A setting the parent must have given. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
