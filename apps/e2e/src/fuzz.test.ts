import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Client, Stack } from '@tenantry/testing';
import fc from 'fast-check';
import { prepare } from './fuzz/prepare.js';
import { type Document, type FuzzRequest, fuzzRequests, goodRequests } from './fuzz/requests.js';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';

/** More of them: FUZZ_REQUESTS=20000 npx nx test e2e --testPathPatterns fuzz; the same again: FUZZ_SEED. */
const count = Number(process.env['FUZZ_REQUESTS'] ?? 1500);
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const atOnce = 16;

/** What would end the very credentials that the rest is sent with. */
const skip = ['Auth.logout', 'Operators.revoke', 'Me.changePassword'];

/** Good requests to each operation, before the others, until one is served: of most that is the first one. */
const goodOfEach = 100;
/** Of those that none is served of. */
const goodInVain = 12;
/** What no request alone can have served. */
const neverServed = [
  // A token that came by mail.
  'Registration.verifyEmail',
  'Registration.resetPassword',
  // Another database server, and the password of an account that makes databases there.
  'Clusters.register',
  // A birth that has failed.
  'TenantLifecycle.retry',
  // A run that has not ended: with nobody behind it takes a moment.
  'MigrationRuns.pause',
  'MigrationRuns.resume',
  'MigrationRuns.cancel',
  'MigrationRuns.retryFailed',
];

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ env: { TENANTRY_LIMITS: 'off' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

/** Whom the document expects, or now and then somebody else. */
const senderOf = (
  { path, method }: FuzzRequest,
  [admin, nobody, operator]: readonly Client[],
  index: number,
): Client => {
  const isForOperators = path.startsWith('/v1/admin');
  const expected = isForOperators ? operator : path.startsWith('/v1/auth') && method === 'POST' ? nobody : admin;
  return (index % 10 === 9 ? [admin, nobody, operator][index % 3] : expected)!;
};

/** What became of requests. */
class Tally {
  readonly faults: string[] = [];
  readonly statuses: Record<number, number> = {};
  readonly asked = new Set<string>();
  readonly served = new Set<string>();

  async send(client: Client, request: FuzzRequest): Promise<void> {
    const { method, path, body, headers, operationId } = request;
    this.asked.add(operationId);
    try {
      const { status, text, tookMs } = await client.send(method, path, body, headers);
      this.statuses[status] = (this.statuses[status] ?? 0) + 1;
      if (status < 400) this.served.add(operationId);
      if (status === 500 || tookMs > 6000) this.faults.push(`${operationId} took ${tookMs} ms: ${status} ${text}`);
    } catch (error) {
      this.faults.push(`${operationId} ${(error as Error).message} to ${JSON.stringify(request)}`);
    }
  }
}

it(
  `${count} requests to all that the documents have: no 500, nothing undocumented, nothing but problems for errors`,
  async () => {
    const documents = await Promise.all(
      ['/openapi.json', '/openapi-platform.json'].map(async (path) => (await stack.http.get<Document>(path)).body),
    );
    const { clients, known } = await prepare(stack);
    const tally = new Tally();
    for (const [index, good] of goodRequests(documents, { known, skip }).entries()) {
      for (const [sent, request] of fc.sample(good, { numRuns: goodOfEach, seed: seed + index }).entries()) {
        const { operationId } = request;
        if (tally.served.has(operationId) || (sent >= goodInVain && neverServed.includes(operationId))) break;
        await tally.send(senderOf(request, clients, 0), request);
      }
    }
    const unserved = [...tally.asked].filter((operation) => !tally.served.has(operation));
    const requests = fc.sample(fuzzRequests(documents, { known, skip }), { numRuns: count, seed });
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let index = next++; index < requests.length; index = next++) {
        const request = requests[index]!;
        await tally.send(senderOf(request, clients, index), request);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    console.log(`seed ${seed}:`, tally.statuses);
    expect({ seed, faults: tally.faults.slice(0, 20) }).toEqual({ seed, faults: [] });
    // Both sides of the contract were met, and every operation behind its validation.
    expect(Object.keys(tally.statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '404', '422']));
    expect({ seed, unserved: unserved.filter((one) => !neverServed.includes(one)) }).toEqual({ seed, unserved: [] });
  },
  Math.max(180_000, count * 50),
);

noSecretInLogs(() => stack);
