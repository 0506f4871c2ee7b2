import type { Migration } from '@tenantry/tenant-schema';

export const signingKeys: Migration = {
  version: 1,
  name: 'signing-keys',
  sql: `
    CREATE TABLE signing_keys (
      kid text PRIMARY KEY,
      -- PKCS #8, sealed under the master key.
      private_key text NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now()
    );
  `,
};
