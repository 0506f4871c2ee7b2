import { expect } from '@jest/globals';
import { ErrorCatalogue, type ErrorCode } from '@tenantry/contracts';
import type { Answer } from '@tenantry/testing';

/** What no client may ever see: statements, stacks, hosts, drivers, names of databases. */
const ours =
  /\bSELECT\b|\bINSERT\b|\bUPDATE \w|\bFROM \w|\bat \S+ \(|node_modules|\.[jt]s:\d|127\.0\.0\.1:\d|ECONN|postgres|typeorm|\bnats\b|\bt_[0-9a-f]{32}|tenant_owner/i;

/** Every answer has these, whatever it says. */
export function expectProperAnswer({ headers, text }: Answer): void {
  expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['strict-transport-security']).toMatch(/^max-age=\d{7,}/);
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(headers['cache-control']).toBeDefined();
  expect(headers.vary).toBe('Authorization, X-Tenant, Origin');
  expect(text).not.toMatch(ours);
}

/** The answer is this problem, in the form of RFC 9457 and with nothing of ours in it. */
export function expectProblem(answer: Answer, code: ErrorCode): void {
  const { status, title } = ErrorCatalogue[code];
  expect({ status: answer.status, ...answer.body }).toMatchObject({ status, type: `/problems/${code}`, title });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json(; charset=utf-8)?$/);
  expect(answer.body).toMatchObject({
    detail: expect.any(String),
    instance: expect.stringMatching(/^[/*]/),
    requestId: answer.headers['x-request-id'],
  });
  expect(Object.keys(answer.body).filter((name) => !members.has(name))).toEqual([]);
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
  if (status === 503 || status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expectProperAnswer(answer);
}

const members = new Set(['type', 'title', 'status', 'detail', 'instance', 'requestId', 'errors']);
