import { describe, expect, it } from '@jest/globals';
import { entityTag, wantedVersions } from './entity-tag.js';
import { anonymous, withRequest } from './request-context.js';

const id = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const other = id.replace('0192', '0193');

const wanted = (ifMatch: string | undefined) =>
  withRequest({ requestId: 'r', traceparent: undefined, caller: anonymous, deadlineAt: 0, ifMatch }, () =>
    wantedVersions(id),
  );

describe('If-Match', () => {
  it.each<[string | undefined, readonly number[] | null]>([
    [undefined, null],
    ['*', null],
    [' * ', null],
    [entityTag(id, 7), [7]],
    [`${entityTag(id, 7)}, ${entityTag(other, 8)} ,${entityTag(id, 9)}`, [7, 9]],
    ['', []],
    [`W/${entityTag(id, 7)}`, []],
    [entityTag(other, 7), []],
    [entityTag(id, 7).replaceAll('"', ''), []],
    [`*, ${entityTag(id, 7)}`, [7]],
    [`"${id}.99999999999"`, []],
    [`"${id}.-1"`, []],
    [`"${id}.1e3"`, []],
    [`"${id}."`, []],
    ['"anything"', []],
  ])('%j names the versions %j', (ifMatch, versions) => {
    expect(wanted(ifMatch)).toEqual(versions);
  });

  it('is no condition outside of a request', () => {
    expect(wantedVersions(id)).toBeNull();
  });
});
