import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { provisionerUrl, Secrets } from '../secrets.js';
import { ClusterAccess } from './cluster-access.js';

const secrets = new Secrets({ MASTER_KEY: randomBytes(32) });
const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
let sealed: () => Promise<string>;
let asked: number;
let access: ClusterAccess;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  asked = 0;
  sealed = () => secrets.seal('postgres://provisioner:secret@127.0.0.1:1/postgres', provisionerUrl('main'));
  access = new ClusterAccess({ getProvisioner: () => (asked++, sealed()) }, secrets, log);
});
afterEach(async () => {
  jest.useRealTimers();
  await access.onApplicationShutdown();
});

test('who enters database after database asks for the way once a second', async () => {
  const first = await access.openAgain('main');
  jest.advanceTimersByTime(999);
  expect(await access.openAgain('main')).toBe(first);
  expect(asked).toBe(1);
  jest.advanceTimersByTime(2);
  expect(await access.openAgain('main')).toBe(first);
  expect(asked).toBe(2);
});

test('a way that the registry was told anew is found after that second', async () => {
  const before = await access.openAgain('main');
  sealed = () => secrets.seal('postgres://provisioner:other@127.0.0.1:1/postgres', provisionerUrl('main'));
  expect(await access.openAgain('main')).toBe(before);
  jest.advanceTimersByTime(1001);
  expect(await access.openAgain('main')).not.toBe(before);
});

test('a way that was not found is asked for by the next', async () => {
  const there = sealed;
  sealed = () => Promise.reject(new Error('away'));
  await expect(access.openAgain('main')).rejects.toThrow('away');
  sealed = there;
  await access.openAgain('main');
  expect(asked).toBe(2);
});
