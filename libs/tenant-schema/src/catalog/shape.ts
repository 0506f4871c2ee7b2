import { shapeQuery } from './shape-query.js';
import { rowsOfEach, type SqlClient } from '../sql-client.js';

/**
 * What a database's catalog comes to, as the server stores it: read in a fraction of the time that the catalog takes. Two databases of one
 * cluster with the same shape have the same catalog, as long as that has a shape (`hasShape`); two with the same catalog may differ in shape.
 *
 * @param client a session of the same role, and with the same settings, as that which has read the other.
 */
export async function readShape(client: SqlClient): Promise<string> {
  const kinds = await rowsOfEach(client, shapeQuery);
  return kinds.map(([kind]) => `${String(kind?.['things'])} ${String(kind?.['hash'])}`).join(', ');
}

/** The lines of a catalog of which all is in the shape. Of other kinds of things that knows no more than how many there are. */
const shaped = [
  /^(database owner|schema public|column|constraint|index|sequence|function|trigger|grant|no grant|default grants?) /,
  /^extension plpgsql /,
  // Of a table nobody inherits: no partition, none of an older kind.
  /^table \S+ owner \w+( with \S+)?$/,
];

/** Whether all that this catalog says is in its shape. */
export const hasShape = (catalog: readonly string[]): boolean =>
  catalog.every((line) => shaped.some((kind) => kind.test(line)));
