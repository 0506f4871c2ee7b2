import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { within } from '@tenantry/testing';
import { collect } from './collect.js';

const terms = {
  deadlineAt: performance.now() + 5000,
  take: () => undefined,
  fall: (short: string) => new Error(short),
};

it('what had been cut before anybody listened is not waited for', async () => {
  const gone = new Readable({ read: () => undefined }).destroy();
  await expect(within(1000, collect(gone, terms))).rejects.toThrow('cut');
});

it('nor is the body of a stream of HTTP/2 that was, which Node lets flow away without destroying it', async () => {
  const gone = new Readable({ read: () => undefined, autoDestroy: false });
  gone.push(null);
  await once(gone.resume(), 'end');
  expect(gone.destroyed).toBe(false);
  await expect(within(1000, collect(gone, terms))).rejects.toThrow('cut');
});
