import { expect, it } from '@jest/globals';
import { requestOf } from '../test/request.js';
import { linkToNext } from './link.js';

const next = (url: string): string => {
  const query = Object.fromEntries(new URLSearchParams(url.split('?')[1]));
  return linkToNext(requestOf({ url, query }), 'c-2_x');
};

it.each([
  ['/v1/products', '/v1/products?cursor=c-2_x'],
  ['/v1/products?', '/v1/products?&cursor=c-2_x'],
  ['/v1/products?limit=2&q=a%20b', '/v1/products?limit=2&q=a%20b&cursor=c-2_x'],
  ['/v1/products?cursor=c-1&limit=2', '/v1/products?cursor=c-2_x&limit=2'],
  ['/v1/products?limit=2&%63ursor=c-1&q=a%26b', '/v1/products?limit=2&cursor=c-2_x&q=a%26b'],
  ['/v1/products?q=a>;rel="x"', '/v1/products?q=a%3E%3Brel%3D%22x%22&cursor=c-2_x'],
  ['/v1/products?q=caf\u00e9', '/v1/products?q=caf%C3%A9&cursor=c-2_x'],
])('after %s comes %s', (url, target) => {
  expect(next(url)).toBe(`<${target}>; rel="next"`);
});
