import { parseArgs } from 'node:util';
import { createLog, masterKeysOf, readConfig } from '@tenantry/service-kit';
import { CentralDatabase } from './central-database.js';
import { AuthConfig } from './config.js';
import { announcedSeconds, SigningKeys } from './keys/signing-keys.js';

// Run by an operator where auth's settings are: `node rotate-keys.js`, or with --stolen when a key is in wrong hands. Running instances follow
// within seconds.
const { values } = parseArgs({ options: { stolen: { type: 'boolean', default: false } } });
const config = readConfig(AuthConfig.pick({ AUTH_DATABASE_URL: true, MASTER_KEY: true, MASTER_KEY_PREVIOUS: true }));
const log = createLog({ service: 'auth', instance: 'rotate-keys', level: 'warn' });
const central = new CentralDatabase(config, log);
try {
  const keys = await SigningKeys.open(central, masterKeysOf(config));
  await (values.stolen ? keys.replace() : keys.rotate());
  const kid = keys.published[0]?.kid;
  const when = values.stolen
    ? 'signs now; the tokens of all others are refused'
    : `signs in ${announcedSeconds} s at most`;
  process.stdout.write(`${kid} ${when}\n`);
} finally {
  await central.onApplicationShutdown();
}
