import { describe, expect, it } from '@jest/globals';
import { ConnectTimeout, isPassing, kindOf, WrongDatabase } from './failures.js';

const failure = (code: string, routine?: string) => Object.assign(new Error(code), { code, routine });

describe('a failed connect', () => {
  it.each([
    ['a wrong password', failure('28P01'), 'credentials', false],
    ['a missing database', failure('3D000'), 'connect', false],
    ['a right that is missing', failure('42501'), 'connect', false],
    ['a server that is away', failure('ECONNREFUSED'), 'cluster', true],
    ['a server that is starting', failure('57P03'), 'cluster', true],
    ['a server that is full', failure('53300', 'InitProcess'), 'cluster', true],
    ['a role at its limit', failure('53300', 'InitializeSessionUserId'), 'connect', true],
    ['a database at its limit', failure('53300', 'CheckMyDatabase'), 'connect', true],
    ['a server that does not accept', new ConnectTimeout(1, false), 'cluster', false],
    ['a database that is slow to start a session', new ConnectTimeout(1, true), 'connect', false],
    ['a wrong database', new WrongDatabase('x'), 'connect', false],
  ])('from %s counts against the right one', (_, cause, kind, passing) => {
    expect(kindOf(cause)).toBe(kind);
    expect(isPassing(cause)).toBe(passing);
  });
});
