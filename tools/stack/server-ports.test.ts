import { afterAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { scratchDir } from './scratch.ts';
import { furtherClusters, serverPorts } from './server-ports.ts';

const dir = scratchDir();
afterAll(() => dir[Symbol.dispose]());

test('a further cluster stays, at the port where the registry knows it, whatever the next start asks for', async () => {
  expect(furtherClusters(dir.path, 1)).toEqual([]);
  const first = await serverPorts(dir.path, {}, furtherClusters(dir.path, 2));
  expect(furtherClusters(dir.path, 1)).toEqual(['postgres-2']);
  expect(furtherClusters(dir.path, 3)).toEqual(['postgres-2', 'postgres-3']);
  expect(await serverPorts(dir.path, {}, furtherClusters(dir.path, 1))).toEqual(first);
  const somebody = createServer().listen(first['postgres-2'], '127.0.0.1');
  await once(somebody, 'listening');
  await expect(serverPorts(dir.path, {}, ['postgres-2'])).rejects.toThrow(
    `port ${first['postgres-2']} of postgres-2 is taken`,
  );
  somebody.close();
});
