import { expect, it } from '@jest/globals';
import { findReason, reasonOf } from './reason.js';

const read = (given: string | undefined) => reasonOf({ headers: { 'x-reason': given } });

it.each([
  [undefined, undefined],
  ['', undefined],
  ['did not pay', 'did not pay'],
  ['100% sure', '100% sure'],
  [`UTF-8''Zahlungsr%C3%BCckstand`, 'Zahlungsrückstand'],
  [`utf-8''%F0%9F%92%B8`, '💸'],
  ['x'.repeat(500), 'x'.repeat(500)],
])('X-Reason: %p says %p', (given, reason) => {
  expect(read(given)).toBe(reason);
});

it.each([`UTF-8''%C3%28`, `UTF-8''%00`, `UTF-8''a%0D%0AReason: b`, 'x'.repeat(501), `UTF-8''%ED%A0%80`])(
  'X-Reason: %p is refused',
  (given) => {
    expect(() => read(given)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    expect(findReason({ headers: { 'x-reason': given } })).toBeUndefined();
  },
);
