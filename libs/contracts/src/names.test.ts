import { describe, expect, test } from '@jest/globals';
import { CreateOperator } from './operators.contract.js';
import { CreateRole, roleName } from './roles.contract.js';
import { CreateTenant, UpdateTenant } from './tenants.contract.js';
import { CreateUser, FirstAdmin, User, Users } from './users.contract.js';

/** With the codes of what is wrong with the field `name`. */
const codesOf = (schema: typeof CreateRole, value: string): unknown[] => {
  const { error } = schema.safeParse({ name: value, permissions: [] });
  return (error?.issues ?? []).map((issue): unknown => (issue.code === 'custom' ? issue.params?.['code'] : issue.code));
};

const unseen = [
  ...['ad\u200bmin', 'ad\ufeffmin', 'ad\u00admin', '\u2060admin', 'ad\u200emin', 'nimda\u202e', 'a\u2066b\u2069'],
  ...['a\tb', 'a\nb', 'a\u0007b', 'a\u0085b', 'a\u2028b', 'a\u2029b', 'a\u{e0061}b'],
];
const person = { email: 'a@x.yy', password: 'correct-horse-battery-9', firstName: 'Ada', lastName: 'Lovelace' };
const tenant = { slug: 'acme', name: 'Acme', admin: person };

const named = {
  "a tenant's": (value: string) => CreateTenant.safeParse({ ...tenant, name: value }),
  "a tenant's new": (value: string) => UpdateTenant.safeParse({ name: value }),
  "an operator's": (value: string) => CreateOperator.safeParse({ name: value, scopes: ['tenants:read'] }),
  "a person's first": (value: string) => CreateUser.safeParse({ ...person, firstName: value }),
  "a person's last": (value: string) => CreateUser.safeParse({ ...person, lastName: value }),
  "a first admin's": (value: string) => FirstAdmin.safeParse({ ...person, lastName: value }),
  'my own': (value: string) => Users.updateMe.request.safeParse({ lastName: value }),
  "a role's": (value: string) => CreateRole.safeParse({ name: value, permissions: [] }),
};

describe.each(Object.entries(named))('%s name', (_, parse) => {
  test.each(unseen)('hides nothing and turns nothing round: %j', (value) => expect(parse(value).success).toBe(false));

  test.each(['José', '王小明', 'محمد', 'Иван', 'क्षमा', 'A-b_c. 9'])('can be %s', (value) =>
    expect(parse(value).success).toBe(true),
  );
});

describe('what joins letters and does not', () => {
  test.each(['علی\u200cرضا', 'ක්\u200dරිස්තු'])('may stand in the name of a person, between letters: %j', (value) =>
    expect(CreateUser.parse({ ...person, firstName: value }).firstName).toBe(value),
  );

  test.each(['\u200cعلی', 'علی\u200d', 'a \u200cb', 'a\u200c\u200cb'])('stands nowhere else: %j', (value) =>
    expect(CreateUser.safeParse({ ...person, firstName: value }).success).toBe(false),
  );

  test.each(["a tenant's", "a role's", "an operator's"] as const)('stands in no %s name', (whose) =>
    expect(named[whose]('علی\u200cرضا').success).toBe(false),
  );
});

describe("a role's name", () => {
  test('is one for all that look alike by compatibility, without spaces around', () => {
    expect(CreateRole.parse({ name: ' \uff21dm\u00a0\ufb01x\u00a0', permissions: [] }).name).toBe('Adm fix');
  });

  test.each(['R&D', 'Support (EU)', 'Quality, tests + more', 'مدیر'])('may be %j', (value) =>
    expect(codesOf(CreateRole, value)).toEqual([]),
  );

  test.each(['a<b', 'a@b', 'a\u2215b', '👑', 'a"b', 'a\u02bcb!'])(
    'has letters, digits and common signs alone: not %j',
    (value) => expect(codesOf(CreateRole, value)).toEqual(['not-of-the-alphabet']),
  );

  test.each(['\u00a0', '\u3000 '])('is more than a space: not %j', (value) =>
    expect(codesOf(CreateRole, value)).toEqual(['too_small']),
  );

  test('is at most 50 long, also as it is kept', () => {
    expect(codesOf(CreateRole, '\ufdfa'.repeat(10))).toEqual(['too_big']);
  });
});

test('names from before are still told and found', () => {
  const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' };
  const id = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
  const old = { id, email: 'a@x.yy', firstName: 'A\u200b', lastName: 'B', active: true, roles: ['R#D'], ...times };
  expect(User.safeParse(old).success).toBe(true);
  expect(roleName.parse('R#D')).toBe('R#D');
});
