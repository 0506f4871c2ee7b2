import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { greedyTenant } from './stories/greedy-tenant.js';
import { overload } from './stories/overload.js';

// Two gateways behind a proxy, so that each request may come from another address, with little in hand: what is too much for it costs little.
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ scale: 'gateway=2', env: { TRUSTED_PROXIES: '127.0.0.1', MAX_IN_FLIGHT: '32' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

greedyTenant(() => stack);
overload(() => stack);
