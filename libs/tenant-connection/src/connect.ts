import { Socket } from 'node:net';
import { ConnectTimeout, WrongDatabase } from './failures.js';
import type { Place } from './place.js';
import { ScramClient } from './scram-client.js';
import { Session } from './session.js';

export interface ConnectOptions {
  readonly service: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  /** Opens the sealed password of a place. Called per connect: nothing holds a password in the clear for longer. */
  readonly open: (place: Place) => Promise<string>;
}

/** NAMEDATALEN - 1: PostgreSQL cuts `application_name` there. */
const nameLimit = 63;

/** What the code relies on, whatever a role has set for itself (ALTER ROLE CURRENT_USER SET), which PostgreSQL lets every role do. */
const relied = ['search_path=public', 'datestyle=ISO', 'default_transaction_isolation=read\\ committed']
  .map((setting) => `-c ${setting}`)
  .join(' ');

/**
 * Opens a session and makes sure that it is the right one. The settings travel in the startup packet, which makes them the session's
 * defaults: they cost no round trip, and RESET ALL comes back to them.
 * @throws WrongDatabase, ConnectTimeout, or what pg raised
 */
export async function connect(
  place: Place,
  options: ConnectOptions,
  ended: (session: Session) => void,
): Promise<Session> {
  const password = await options.open(place);
  const socket = new Socket();
  let reached = false;
  socket.once('connect', () => (reached = true));
  const client = new ScramClient(
    {
      host: place.host,
      port: place.port,
      database: place.database,
      user: place.role,
      password,
      application_name: `${options.service} ${place.slug}`.slice(0, nameLimit),
      options: relied,
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
      stream: () => socket,
    },
    place,
  );
  const session = new Session(client, socket);
  // Without a listener an idle session's end would end the process.
  client.on('error', () => ended(session));
  client.on('end', () => ended(session));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket.destroy(new Error('timeout'));
  }, options.connectTimeoutMs);
  try {
    await client.connect();
    const { rows } = await client.query<{ database: string; role: string }>(
      'SELECT current_catalog AS database, current_user AS role',
    );
    const [seen] = rows;
    if (seen?.database !== place.database || seen.role !== place.role) {
      throw new WrongDatabase(`asked for ${place.role}@${place.database}, reached ${seen?.role}@${seen?.database}`);
    }
    return session;
  } catch (failure) {
    await session.close();
    throw late ? new ConnectTimeout(options.connectTimeoutMs, reached) : failure;
  } finally {
    clearTimeout(timer);
  }
}
