import { serveParent } from '../harness/parent.ts';
import { startAsker } from './context.ts';
import { Echo, question, tenantId } from './echo.ts';
import { deadlineMs, nextRequestId, traceparent } from './envelope.ts';
import { underLoad, type Load } from './load.ts';

// The kit's own client, as the gateway uses it: bytes out, bytes back.
const { kit, context } = await startAsker();
const { messages } = kit;
const body = Buffer.from(JSON.stringify(question));

async function ask(): Promise<void> {
  const reply = await messages.send(Echo, body, {
    tenantId,
    context: context(),
    requestId: nextRequestId(),
    traceparent,
    deadlineAt: performance.now() + deadlineMs,
  });
  if (reply.status !== 200 || reply.body.length !== body.length)
    throw new Error(`answered ${reply.status}: ${Buffer.from(reply.body).toString()}`);
}

serveParent((load: Load) => underLoad(ask, load));
