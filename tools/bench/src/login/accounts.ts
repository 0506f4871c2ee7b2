import { ask } from '../list/http.ts';
import type { Ours } from '../list/ours.ts';

/** What somebody types to log in. */
export interface Account {
  readonly email: string;
  readonly password: string;
}

/** So many people of the tenant, made one by one: each costs a hash. */
export async function makeAccounts({ url, token }: Ours, count: number): Promise<Account[]> {
  const accounts: Account[] = [];
  for (let index = 0; index < count; index++) {
    const account = { email: `person-${index}@bench.example`, password: `correct horse battery staple ${index}` };
    await ask(`${url}/v1/users`, { method: 'POST', token, body: { ...account, firstName: 'Grace', lastName: 'H' } });
    accounts.push(account);
  }
  return accounts;
}
