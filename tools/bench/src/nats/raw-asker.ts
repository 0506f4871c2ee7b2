import { connect, headers as natsHeaders } from '@nats-io/transport-node';
import { Headers } from '@tenantry/contracts';
import { serveParent, setting } from '../harness/parent.ts';
import { startAsker } from './context.ts';
import { question, rawSubject, tenantId } from './echo.ts';
import { deadlineMs, nextRequestId, traceparent } from './envelope.ts';
import { underLoad, type Load } from './load.ts';

// The bare limit: the client library alone, with the bytes that the kit sends.
const { context } = await startAsker();
const user = setting('NATS_USER');
const connection = await connect({
  servers: [setting('NATS_URL')],
  user,
  pass: setting('NATS_PASSWORD'),
  // Where NATS lets products answer.
  inboxPrefix: `_INBOX_${user}.products`,
});
const body = Buffer.from(JSON.stringify(question));

async function ask(): Promise<void> {
  const headers = natsHeaders();
  headers.append(Headers.tenantId, tenantId);
  headers.append(Headers.context, context());
  headers.append(Headers.requestId, nextRequestId());
  headers.append(Headers.traceparent, traceparent);
  headers.append(Headers.deadline, String(deadlineMs));
  const reply = await connection.request(rawSubject, body, { timeout: deadlineMs, headers });
  if (reply.data.length !== body.length) throw new Error(`answered ${reply.string()}`);
}

serveParent((load: Load) => underLoad(ask, load));
