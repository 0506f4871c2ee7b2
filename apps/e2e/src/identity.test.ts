import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { enumeration } from './stories/enumeration.js';
import { revocations } from './stories/revocations.js';
import { sessions } from './stories/sessions.js';
import { tokenForgeries } from './stories/token-forgeries.js';

// Two gateways: what one has let in, the other must refuse as soon. Without limits, since some stories ask often.
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ scale: 'gateway=2', env: { TENANTRY_LIMITS: 'off' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

sessions(() => stack);
revocations(() => stack);
enumeration(() => stack);
tokenForgeries(() => stack);
