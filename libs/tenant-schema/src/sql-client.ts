/** All of a driver that this library needs; `pg`'s client fits. */
export interface SqlClient {
  query(sql: string): Promise<{ rows: readonly Record<string, unknown>[] }>;
}

export type Rows = readonly Record<string, unknown>[];

/** The rows of each statement of a text: of several the driver gives a list of answers. */
export async function rowsOfEach(client: SqlClient, sql: string): Promise<readonly Rows[]> {
  const answer: unknown = await client.query(sql);
  return ([answer].flat() as { rows: Rows }[]).map(({ rows }) => rows);
}
