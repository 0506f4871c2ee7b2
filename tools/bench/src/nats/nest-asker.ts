import { headers as natsHeaders } from '@nats-io/transport-node';
import { ClientNats, NatsRecordBuilder } from '@nestjs/microservices';
import { Headers } from '@tenantry/contracts';
import { lastValueFrom } from 'rxjs';
import { serveParent, setting } from '../harness/parent.ts';
import { startAsker } from './context.ts';
import { nestSubject, question, tenantId } from './echo.ts';
import { deadlineMs, nextRequestId, traceparent } from './envelope.ts';
import { underLoad, type Load } from './load.ts';

// What Nest gives by itself, with the same headers.
const { context } = await startAsker();
const user = setting('NATS_USER');
const client = new ClientNats({
  servers: [setting('NATS_URL')],
  user,
  pass: setting('NATS_PASSWORD'),
  // Where NATS lets products answer.
  inboxPrefix: `_INBOX_${user}.products`,
});
await client.connect();

async function ask(): Promise<void> {
  const headers = natsHeaders();
  headers.append(Headers.tenantId, tenantId);
  headers.append(Headers.context, context());
  headers.append(Headers.requestId, nextRequestId());
  headers.append(Headers.traceparent, traceparent);
  headers.append(Headers.deadline, String(deadlineMs));
  const record = new NatsRecordBuilder(question).setHeaders(headers).build();
  const reply = await lastValueFrom(client.send<typeof question>(nestSubject, record));
  if (reply.id !== question.id) throw new Error(`answered ${JSON.stringify(reply)}`);
}

serveParent((load: Load) => underLoad(ask, load));
