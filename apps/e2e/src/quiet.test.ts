import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { twoTenants } from './stories/two-tenants.js';

// One stack for all stories that leave it as it was.
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start();
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

twoTenants(() => stack);
