import { Pool } from 'undici';
import { serveParent } from '../harness/parent.ts';
import type { Measured } from '../harness/rounds.ts';
import type { Account } from './accounts.ts';

/** What the parent asks for: so many callers who log in, each again when it is in. */
export interface LoginLoad {
  readonly origin: string;
  readonly tenant: string;
  readonly accounts: readonly Account[];
  readonly callers: number;
  readonly seconds: number;
}

/** As in `list`: behind one proxy, so that no limit by address is reached. */
const clientAddresses = 200;

/** Which login is next; it goes on over the rounds, so that all accounts have equally many sessions. */
let next = 0;

async function run({ origin, tenant, accounts, callers, seconds }: LoginLoad): Promise<Measured> {
  const pool = new Pool(origin, { connections: callers, pipelining: 1 });
  const start = performance.now();
  const end = start + seconds * 1000;
  let requests = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      const number = next++;
      const { statusCode, body } = await pool.request({
        path: '/v1/auth/login',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-tenant': tenant,
          'x-forwarded-for': `203.0.113.${number % clientAddresses}`,
        },
        body: JSON.stringify(accounts[number % accounts.length]),
      });
      const text = await body.text();
      // A refusal costs less than a login: it must not count as one.
      if (statusCode !== 200 || !text.includes('"accessToken"')) throw new Error(`login answered ${statusCode}`);
      requests++;
    }
  };
  try {
    await Promise.all(Array.from({ length: callers }, caller));
    return { requests, seconds: (performance.now() - start) / 1000 };
  } finally {
    await pool.destroy();
  }
}

serveParent(run);
