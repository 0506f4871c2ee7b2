import { expect, test } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { expectFree, freePorts, parsePort } from './ports.ts';

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

test.each(['0', '65536', '3e3x', '80.5', ''])('%j is not a port', (text) => {
  expect(() => parsePort(text, 'PORT')).toThrow(`PORT=${text} is not a port`);
});
