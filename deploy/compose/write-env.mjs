// node deploy/compose/write-env.mjs > .env.compose: new random secrets for docker-compose.yml, which has none of its own.
import { randomBytes } from 'node:crypto';

const users = ['GATEWAY', 'AUTH', 'USERS', 'PRODUCTS', 'TENANT_REGISTRY', 'ADMIN'];
// nats.conf reads them without quotes: they begin with a letter.
const password = () => `p${randomBytes(24).toString('hex')}`;
const secrets = {
  MASTER_KEY: randomBytes(32).toString('base64'),
  OPERATOR_KEY: `tok_${randomBytes(32).toString('base64url')}`,
  POSTGRES_PASSWORD: password(),
  REGISTRY_PASSWORD: password(),
  AUTH_PASSWORD: password(),
  PROVISIONER_PASSWORD: password(),
  REPLICATION_PASSWORD: password(),
  REDIS_PASSWORD: password(),
  GRAFANA_PASSWORD: password(),
  ...Object.fromEntries(users.map((user) => [`NATS_PASSWORD_${user}`, password()])),
};
process.stdout.write(
  `${Object.entries(secrets)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`,
);
