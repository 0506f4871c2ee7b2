import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Client, createTenant, Stack } from '@tenantry/testing';
import fc from 'fast-check';
import { type Document, type FuzzRequest, fuzzRequests } from './fuzz/requests.js';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';

/** More of them: FUZZ_REQUESTS=20000 npx nx test e2e --testPathPatterns fuzz; the same again: FUZZ_SEED. */
const count = Number(process.env['FUZZ_REQUESTS'] ?? 1500);
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const atOnce = 16;

/** What would end the very credentials that the rest is sent with. */
const skip = ['Auth.logout', 'Operators.revoke', 'Me.changePassword'];

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ env: { TENANTRY_LIMITS: 'off' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

async function prepare(): Promise<{ clients: Client[]; known: string[] }> {
  const [tenant, victim] = await Promise.all([createTenant(stack), createTenant(stack)]);
  const made = await tenant.admin.post<{ id: string }>('/v1/products', { name: 'Anvil', price: '1', stockQuantity: 5 });
  const named = stack.http.with({ 'x-tenant': tenant.slug });
  return { clients: [tenant.admin, named, stack.operator], known: [made.body.id, victim.id] };
}

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

it(
  `${count} requests to all that the documents have: no 500, nothing undocumented, nothing but problems for errors`,
  async () => {
    const documents = await Promise.all(
      ['/openapi.json', '/openapi-platform.json'].map(async (path) => (await stack.http.get<Document>(path)).body),
    );
    const { clients, known } = await prepare();
    const requests = fc.sample(fuzzRequests(documents, { known, skip }), { numRuns: count, seed });
    const faults: string[] = [];
    const statuses: Record<number, number> = {};
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let index = next++; index < requests.length; index = next++) {
        const request = requests[index]!;
        const { method, path, body, headers, operationId } = request;
        try {
          const { status, text, tookMs } = await senderOf(request, clients, index).send(method, path, body, headers);
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (status === 500 || tookMs > 6000) faults.push(`${operationId} took ${tookMs} ms: ${status} ${text}`);
        } catch (error) {
          faults.push(`${operationId} ${(error as Error).message} to ${JSON.stringify(request)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    expect({ seed, faults: faults.slice(0, 20) }).toEqual({ seed, faults: [] });
    // Both sides of the contract were met.
    expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '404', '422']));
  },
  Math.max(120_000, count * 50),
);

noSecretInLogs(() => stack);
