import { expect, it } from '@jest/globals';
import { waitOf } from './tenants.controller.js';

it.each<[string | string[] | undefined, number]>([
  [undefined, 0],
  ['', 0],
  ['wait=3', 3],
  ['WAIT=3', 3],
  ['wait=0', 0],
  ['wait=10', 4],
  ['wait=999999', 4],
  ['respond-async, wait=2', 2],
  ['respond-async;x=1, wait=2; y', 2],
  [['respond-async', 'wait=1'], 1],
  ['wait=-1', 0],
  ['wait=1.5', 0],
  ['wait=abc', 0],
  ['wait=9999999', 0],
  ['nowait=3', 0],
  ['wait', 0],
])('Prefer: %j holds a request for %i s', (header, seconds) => {
  expect(waitOf(header)).toBe(seconds);
});
