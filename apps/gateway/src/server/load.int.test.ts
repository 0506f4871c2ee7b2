import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { startOwnGateway } from '../test/own-gateway.js';

it('refuses what is more than 1,000 requests at once, fast, and serves again afterwards', async () => {
  await using gateway = await startOwnGateway({ TENANTRY_LIMITS: 'off' });
  // Their bodies are still to come: each is in hand until then.
  const head = [
    'POST /v1/auth/login HTTP/1.1',
    'Host: x',
    'X-Tenant: -',
    'Content-Type: application/json',
    'Content-Length: 2\r\n\r\n',
  ].join('\r\n');
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, () => {
      return new Promise<ReturnType<typeof connect>>((resolve) => {
        const socket = connect(gateway.port, '127.0.0.1', () => socket.write(head, () => resolve(socket)));
      });
    }),
  );
  const refused = await untilRefused(gateway);
  expect(refused).toMatchObject({
    status: 503,
    body: { type: '/problems/overloaded', instance: '/problems/validation' },
    headers: { 'retry-after': '1', 'x-content-type-options': 'nosniff', 'content-type': 'application/problem+json' },
  });
  expect(refused.body['requestId']).toBe(refused.headers['x-request-id']);
  const took = [];
  for (let sent = 0; sent < 20; sent++) took.push((await gateway.http.get('/problems/validation')).tookMs);
  expect(took.toSorted((a, b) => a - b)[10]).toBeLessThan(50);

  for (const socket of sockets) socket.destroy();
  const again = performance.now();
  while ((await gateway.http.get('/problems/validation')).status !== 200) {
    expect(performance.now() - again).toBeLessThan(10_000);
  }
});

async function untilRefused({ http }: Awaited<ReturnType<typeof startOwnGateway>>) {
  for (const late = performance.now() + 10_000; ;) {
    const answer = await http.get('/problems/validation');
    if (answer.status !== 200 || performance.now() > late) return answer;
  }
}
