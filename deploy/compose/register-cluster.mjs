// Run once by docker-compose.yml, before anybody is let in: makes a further cluster known to the registry, as an operator would. One that is
// known by this name stays as it is. What passes (a connection refused, a 5xx) is tried again for two minutes.
import { setTimeout as sleep } from 'node:timers/promises';

const { GATEWAY_URL, OPERATOR_KEY, CLUSTER_NAME: name, PROVISIONER_URL: provisionerUrl } = process.env;
const late = performance.now() + Number(process.env.RETRY_SECONDS ?? 120) * 1000;

async function register() {
  const response = await fetch(new URL('/v1/admin/clusters', GATEWAY_URL), {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, provisionerUrl }),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, text: await response.text() };
}

for (;;) {
  // An answer that did not come and one of a server that could not: both may be another one next time.
  const { status, text } = await register().catch((error) => ({ status: 599, text: String(error.cause ?? error) }));
  // Only its name or its server can be in conflict: it is known.
  const isKnown = status === 409;
  if (isKnown || status < 300) {
    console.log(`the cluster ${name} is ${isKnown ? 'known' : 'registered'}`);
    break;
  }
  if (status < 500 || performance.now() > late) throw new Error(`the cluster ${name} is not registered: ${text}`);
  console.log(`the cluster ${name} is not registered yet: ${text}`);
  await sleep(2000);
}
