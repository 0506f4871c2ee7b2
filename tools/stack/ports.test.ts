import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expectFree, freePorts, parsePort, reserve } from './ports.ts';

test.each(['127.0.0.1', '0.0.0.0', '::'])(
  'a port taken on %s is named with the variable that changes it',
  async (host) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as AddressInfo;
    await expect(expectFree('gateway', port, 'PORT')).rejects.toThrow(
      `port ${port} of gateway is taken by another program; set PORT to a free one, e.g. PORT=${port + 1}`,
    );
    await new Promise((resolve) => server.close(resolve));
    await expect(expectFree('gateway', port, 'PORT')).resolves.toBeUndefined();
  },
);

test('free ports are all different', async () => {
  expect(new Set(await freePorts(20)).size).toBe(20);
});

test('a port that one process was told is told to no other, though nobody listens there yet', async () => {
  const script = `import { freePort } from './ports.ts'; console.log(await freePort(3)); process.stdin.resume();`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [told] = (await once(other.stdout, 'data')) as [Buffer];
  const first = Number(told);
  for (const port of [first, first + 1, first + 2]) expect(await reserve([port])).toBe(false);
  other.stdin.end();
  await once(other, 'close');
  // Of several all are, or none.
  expect(await reserve([first + 2])).toBe(true);
  expect(await reserve([first, first + 1, first + 2])).toBe(false);
  expect(await reserve([first, first + 1])).toBe(true);
});

test.each(['0', '65536', '3e3x', '80.5', ''])('%j is not a port', (text) => {
  expect(() => parsePort(text, 'PORT')).toThrow(`PORT=${text} is not a port`);
});
