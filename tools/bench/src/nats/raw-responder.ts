import { connect, headers as natsHeaders } from '@nats-io/transport-node';
import { Headers } from '@tenantry/contracts';
import { serveParent, setting } from '../harness/parent.ts';
import { rawSubject } from './echo.ts';

const user = setting('NATS_USER');
const connection = await connect({
  servers: setting('NATS_URL'),
  user,
  pass: setting('NATS_PASSWORD'),
  inboxPrefix: `_INBOX_${user}`,
});
// The same bytes as the kit's reply.
const headers = natsHeaders();
headers.set(Headers.status, '200');
connection.subscribe(rawSubject, {
  queue: 'products',
  callback: (error, msg) => {
    if (error) throw error;
    msg.respond(msg.data, { headers });
  },
});
await connection.flush();
serveParent();
