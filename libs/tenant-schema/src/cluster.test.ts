import { describe, expect, it } from '@jest/globals';
import { dropTenant, dropTenantRole, ensureTenantDatabase, ensureTenantRole, openDatabaseTo } from './cluster.js';
import type { SqlClient } from './sql-client.js';

const name = `t_1' OR '1' = '1`;

describe('a physical name that is not plain', () => {
  const works: [string, (client: SqlClient) => Promise<void>][] = [
    ['ensureTenantRole', (client) => ensureTenantRole(client, name, 'x')],
    ['ensureTenantDatabase', (client) => ensureTenantDatabase(client, name, 't_1')],
    ['openDatabaseTo', (client) => openDatabaseTo(client, 't_1', name)],
    ['dropTenantRole', (client) => dropTenantRole(client, 't_1', name)],
    ['dropTenant', (client) => dropTenant(client, 't_1', name)],
  ];
  it.each(works)('stands in no statement of %s', async (_, work) => {
    const sent: string[] = [];
    const client = { query: (sql: string) => Promise.resolve({ rows: [], sent: sent.push(sql) }) };
    await expect(work(client)).rejects.toThrow('a physical name must be');
    expect(sent).toEqual([]);
  });
});
