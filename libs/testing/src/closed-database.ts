/** All of a driver that this needs. */
interface Administrator {
  query(sql: string): Promise<unknown>;
}

/** Makes an empty database on a server that others use: never for a moment one that just any role may enter, since no tenants are made beside such. */
export async function createClosedDatabase(admin: Administrator, name: string): Promise<void> {
  await admin.query(`CREATE DATABASE ${name} ALLOW_CONNECTIONS false`);
  await admin.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
}
