// node k8s/overlays/local/write-secrets.mjs | kubectl create -f -: new random secrets for this overlay, which has none of its own. `create`, not `apply`: a
// second run would change what databases were made with.
import { randomBytes } from 'node:crypto';

const services = ['gateway', 'auth', 'users', 'products', 'tenant-registry'];
// nats.conf reads them without quotes: they begin with a letter.
const password = () => `p${randomBytes(24).toString('hex')}`;
const nats = Object.fromEntries([...services, 'admin'].map((user) => [user, password()]));
const [registry, auth, provisioner, redis] = [password(), password(), password(), password()];
const masterKey = { MASTER_KEY: randomBytes(32).toString('base64') };

const own = {
  gateway: { REDIS_URL: `redis://:${redis}@redis:6379` },
  auth: { ...masterKey, AUTH_DATABASE_URL: `postgres://auth:${auth}@registry-rw:5432/auth` },
  // Nobody listens there unless you put a mail catcher there.
  users: { ...masterKey, SMTP_URL: 'smtp://mail:1025' },
  products: masterKey,
  'tenant-registry': {
    ...masterKey,
    REGISTRY_DATABASE_URL: `postgres://tenant_registry:${registry}@registry-rw:5432/registry`,
    PROVISIONER_URL: `postgres://provisioner:${provisioner}@tenants-a-rw:5432/postgres`,
    OPERATOR_KEY: `tok_${randomBytes(32).toString('base64url')}`,
  },
};
const secret = (name, stringData, type = 'Opaque') => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'tenantry' } },
  ...{ type, stringData },
});
const login = (name, username, password) => secret(name, { username, password }, 'kubernetes.io/basic-auth');
const natsVariable = (user) => `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
const items = [
  ...services.map((name) => secret(name, { NATS_PASSWORD: nats[name], ...own[name] })),
  secret(
    'nats-passwords',
    Object.fromEntries(Object.entries(nats).map(([user, value]) => [natsVariable(user), value])),
  ),
  secret('redis', { password: redis }),
  login('registry-owner', 'tenant_registry', registry),
  login('registry-auth', 'auth', auth),
  login('provisioner', 'provisioner', provisioner),
];
process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`);
