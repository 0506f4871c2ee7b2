import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { email, id, money, password, text, timestamp } from './schemas.js';

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

describe('money', () => {
  test.each(['0', '0.5', '12.50', '9999999999.99', '0.00'])('can be %s', (value) =>
    expect(money.parse(value)).toBe(value),
  );

  test.each(['', '-1', '+1', '1.', '.5', '01', '1.005', '1e3', '10000000000', '1,50', ' 1', '1 ', '١', 'NaN', 12.5])(
    'is never %p',
    (value) => expect(accepts(money, value)).toBe(false),
  );

  test('always fits numeric(12,2)', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.]{1,14}$/), (value) => {
        fc.pre(accepts(money, value));
        const [whole = '', part = ''] = value.split('.');
        expect(whole.length).toBeLessThanOrEqual(10);
        expect(part.length).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('an e-mail address', () => {
  test('has one spelling: trimmed, NFC, lower-cased', () => {
    expect(email.parse('  Jos\u0065\u0301@Exa\u004dple.ORG ')).toBe('jos\u00e9@example.org');
  });

  test('read again is the same', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const once = email.safeParse(address);
        if (once.success) expect(email.parse(once.data)).toBe(once.data);
      }),
    );
  });

  test.each(['', 'a', 'a@b', '@b.c', 'a@', 'a b@c.d', 'a@b..c', 'a@b@c.d', 'a\0@b.c', `${'x'.repeat(250)}@b.cd`])(
    'is never %p',
    (value) => expect(accepts(email, value)).toBe(false),
  );

  test.each([
    ...['a,vic@x.yy', 'a;vic@x.yy', 'vic@x.yy,', 'vic@x.yy;', 'g:vic@x.yy', 'vic@x.yy:', 'b@x.yy,vic'],
    ...['<vic@x.yy>', '<vic@x.yy', '"n"<vic@x.yy', '(c)vic@x.yy', 'vic@x.yy(c)', '"a,vic"@x.yy', 'a\\vic@x.yy'],
    ...['a@[x.yy]', 'a@x.yy\u0085', 'a\u0001@x.yy', 'a\nvic@x.yy', 'a\u00a0vic@x.yy', 'a@x.y\ty'],
  ])('is one to a mailer too, and so never %j', (value) => expect(accepts(email, value)).toBe(false));

  test.each(["o'neil+tag@x.yy", 'josé@münchen.example', '用户@例え.jp', "!#$%&'*/=?^_`{|}~-@x.yy", '.a..b.@x-1.yy'])(
    'can be %s',
    (value) => expect(email.parse(value)).toBe(value),
  );
});

describe('a password', () => {
  test('is brought to NFKC, so that it is the same from every keyboard', () => {
    expect(password.parse('ﬁve ligatures, \u0065\u0301')).toBe('five ligatures, \u00e9');
  });

  test('keeps its blanks and its case', () => {
    expect(password.parse('  Correct Horse  ')).toBe('  Correct Horse  ');
  });

  test.each(['x'.repeat(11), 'x'.repeat(257), 'long enough\0', 123456789012])('is never %p', (value) =>
    expect(accepts(password, value)).toBe(false),
  );

  test.each<[string, string]>([
    ['too short as typed', `\uFDFA`],
    ['too short as typed, and too common', 'xxx'],
    ['too short once it is normalised', 'e\u0301a\u0301'.repeat(3)],
    ['too long as typed', 'e\u0301'.repeat(256)],
    ['too long once it is normalised', `\uFDFA${'x'.repeat(240)}`],
  ])('is never %s, and told so once', (_, value) => {
    expect(password.safeParse(value).error?.issues.filter(({ code }) => code.startsWith('too_'))).toHaveLength(1);
  });

  test.each<[string, string, number]>([
    ['shortest', 'e\u0301'.repeat(11) + 'a', 12],
    ['longest', `\uFDFA${'x'.repeat(238)}`, 256],
  ])('can be the %s that counts as normalised', (_, value, length) => {
    expect(password.parse(value)).toHaveLength(length);
  });
});

describe('text', () => {
  test('can be anything PostgreSQL can store, and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (value) => {
        expect(accepts(text(0, 40), value)).toBe(value.isWellFormed() && !value.includes('\0'));
      }),
    );
    expect(accepts(text(0, 9), '\ud800')).toBe(false);
    expect(accepts(text(0, 9), 'a\0')).toBe(false);
  });
});

describe('an id', () => {
  test.each(['0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11', '00000000-0000-0000-0000-000000000000'])('can be %s', (value) =>
    expect(accepts(id, value)).toBe(true),
  );

  test.each([
    '',
    'x',
    '0190c6d27a4e7c3b9a572f0e1c5d8b11',
    '{0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11}',
    '0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11\n',
    7,
  ])('is never %p', (value) => expect(accepts(id, value)).toBe(false));

  test('has one spelling, so that two spellings cannot be two things', () => {
    expect(id.parse('0190C6D2-7A4E-7C3B-9A57-2F0E1C5D8B11')).toBe('0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11');
  });
});

test('a timestamp is what toISOString writes', () => {
  expect(accepts(timestamp, new Date().toISOString())).toBe(true);
  expect(accepts(timestamp, '2026-01-01T00:00:00Z')).toBe(false);
  expect(accepts(timestamp, '2026-01-01T00:00:00.000+01:00')).toBe(false);
});
