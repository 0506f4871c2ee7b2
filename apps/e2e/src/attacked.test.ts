import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { accountUnderAttack } from './stories/account-under-attack.js';
import { limitedEnumeration } from './stories/enumeration.js';

// With limits, and behind a proxy that says where a request comes from: so a story can be told of many places.
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

accountUnderAttack(() => stack);
limitedEnumeration(() => stack);
