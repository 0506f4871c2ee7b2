import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { rollingRestart } from './rolling/rolling-restart.js';
import { enumeration } from './stories/enumeration.js';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';
import { registration } from './stories/registration.js';
import { revocations } from './stories/revocations.js';
import { sessions } from './stories/sessions.js';
import { signingKeys } from './stories/signing-keys.js';
import { tokenForgeries } from './stories/token-forgeries.js';

// Two of each: what one gateway has let in, the other must refuse as soon, and one of them may be replaced. Without limits, since some stories ask often.
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ scale: '2', env: { TENANTRY_LIMITS: 'off', TENANTRY_RESTART: '0.2' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

sessions(() => stack);
revocations(() => stack);
registration(() => stack);
enumeration(() => stack);
tokenForgeries(() => stack);
signingKeys(() => stack);
rollingRestart(() => stack);
noSecretInLogs(() => stack);
