import { headers as natsHeaders } from '@nats-io/transport-node';
import { Headers } from '@tenantry/contracts';
import { serveParent } from '../harness/parent.ts';
import { startAsker } from './context.ts';
import { question, rawSubject, tenantId } from './echo.ts';
import { deadlineMs, nextRequestId, traceparent } from './envelope.ts';
import { underLoad, type Load } from './load.ts';

// The bare limit: the client library alone, with the bytes that the kit sends.
const { kit, context } = await startAsker();
const { connection } = kit.nats;
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
