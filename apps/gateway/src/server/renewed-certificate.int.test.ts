import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { GatewayConfig } from '../config.js';
import { selfSigned } from '../test/certificate.js';
import { followCertificate, readTls } from './tls.js';

const [first, second, other] = [selfSigned('first'), selfSigned('second'), selfSigned('other')];
const said: string[] = [];
const log = createLog({ service: 'gateway', instance: 'test', level: 'info' }, { write: (line) => said.push(line) });
let folder: string;
let server: Server;

const write = ({ cert, key }: { cert: string; key: string }): void => {
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
};
const open = async () => {
  const socket = connect({ port: (server.address() as AddressInfo).port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
};
const nameShown = async (): Promise<string> => {
  const socket = await open();
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
};
const until = async (isSo: () => Promise<boolean> | boolean): Promise<void> => {
  for (const late = Date.now() + 4000; !(await isSo()) && Date.now() < late;) await sleep(20);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenantry-renewed-'));
  write(first);
  const config = GatewayConfig.parse({
    REDIS_URL: 'redis://localhost',
    TLS_CERT_FILE: join(folder, 'cert.pem'),
    TLS_KEY_FILE: join(folder, 'key.pem'),
  });
  server = createServer(readTls(config)!).listen(0, '127.0.0.1');
  await once(server, 'listening');
  followCertificate(server, config, log, 20);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('a certificate', () => {
  it('that was renewed is shown to who connects then, and cuts nobody off', async () => {
    const before = await open();
    write(second);
    await until(async () => (await nameShown()) === 'second');
    expect(await nameShown()).toBe('second');
    expect(before.destroyed).toBe(false);
    before.destroy();
  });

  it('that does not fit its key is not taken, and said', async () => {
    writeFileSync(join(folder, 'cert.pem'), other.cert);
    await until(() => said.some((line) => line.includes('cannot be used')));
    expect(await nameShown()).toBe('second');
    expect(said.join('')).not.toContain('PRIVATE KEY');
    write(other);
    await until(async () => (await nameShown()) === 'other');
    expect(await nameShown()).toBe('other');
  });
});
