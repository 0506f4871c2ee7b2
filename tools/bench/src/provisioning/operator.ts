import { setTimeout as sleep } from 'node:timers/promises';
import { serveParent, setting } from '../harness/parent.ts';
import { ask } from '../list/http.ts';
import { inLanes, type Wish } from './lanes.ts';

interface Tenant {
  readonly id: string;
  readonly state: string;
}

const tenants = `${setting('ORIGIN')}/v1/admin/tenants`;
const token = setting('OPERATOR_KEY');
const plan = setting('PLAN');
const pollMs = 25;

let made = 0;

/** As an operator's program does: it waits for the answer, and asks again where the tenant is not ready by then. */
async function make(): Promise<void> {
  const slug = `born-${made++}`;
  const admin = {
    email: `admin@${slug}.example`,
    password: 'correct horse battery staple',
    firstName: 'Ada',
    lastName: 'B',
  };
  const body = { slug, name: 'Born', plan, admin };
  let tenant = await ask<Tenant>(tenants, { method: 'POST', token, headers: { prefer: 'wait=4' }, body });
  while (tenant.state === 'provisioning') {
    await sleep(pollMs);
    tenant = await ask<Tenant>(`${tenants}/${tenant.id}`, { token });
  }
  if (tenant.state !== 'active') throw new Error(`the tenant ${slug} is ${tenant.state}`);
}

serveParent((wish: Wish) => inLanes(make, wish));
