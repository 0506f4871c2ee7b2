import { join } from 'node:path';
import { newNatsPasswords } from '@tenantry/stack/passwords.ts';
import { freePort } from '@tenantry/stack/ports.ts';
import { start as startNats } from '@tenantry/stack/servers/nats.ts';
import { Child } from '../harness/child.ts';
import { started, temporaryDir } from '../harness/owned.ts';
import type { Arm, Measured } from '../harness/rounds.ts';

import type { Load } from './load.ts';

/** Who asks and who answers, each in a process of its own. */
const pairs = {
  kit: ['nats/kit-asker.ts', 'nats/kit-service.ts'],
  raw: ['nats/raw-asker.ts', 'nats/raw-responder.ts'],
  nest: ['nats/nest-asker.ts', 'nats/nest-service.ts'],
} as const;
export type ArmName = keyof typeof pairs;

/** How much longer than its load a round may take. */
const graceMs = 15_000;

/** The arms that were asked for, on one NATS with the stack's own users and permissions. */
export async function startArms(
  names: readonly ArmName[],
  inFlight: number,
  owned: AsyncDisposableStack,
): Promise<Arm[]> {
  const passwords = newNatsPasswords();
  const nats = await started(startNats({ dir: join(temporaryDir(owned), 'nats'), passwords }), owned);
  const start = async (file: string, user: 'gateway' | 'products'): Promise<Child> =>
    Child.start(owned, file, {
      NODE_ENV: 'production',
      // As good as silent for the requests, and a failed start is still heard.
      LOG_LEVEL: 'error',
      NATS_URL: nats.url,
      NATS_USER: user,
      NATS_PASSWORD: passwords[user],
      HEALTH_PORT: String(await freePort()),
    });
  const arms: Arm[] = [];
  for (const name of names) {
    const [askerFile, responderFile] = pairs[name];
    const responder = await start(responderFile, 'products');
    const asker = await start(askerFile, 'gateway');
    arms.push({
      name,
      processes: { asker: asker.pid, responder: responder.pid, nats: nats.pid },
      measure: (seconds) => asker.ask<Measured>({ inFlight, seconds } satisfies Load, seconds * 1000 + graceMs),
    });
  }
  return arms;
}
