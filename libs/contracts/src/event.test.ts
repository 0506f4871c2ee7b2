import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { AuthEvents } from './auth.contract.js';
import { type DomainEvent, event, EventEnvelope } from './event.js';
import { ProductEvents } from './products.contract.js';
import { TenantEvents } from './tenants.contract.js';
import { UserEvents } from './users.contract.js';

const data = z.strictObject({});

describe('an event', () => {
  test('belongs to the service its type begins with, and is published under its own subject', () => {
    expect(event('tenants.renamed', { data, version: 2 })).toMatchObject({
      service: 'tenant-registry',
      subject: 'events.tenants.renamed',
      dataschema: 'urn:tenantry:event:tenants.renamed:2',
    });
  });

  test.each(['created', 'dead.users', 'Users.created', 'users.created.>', 'users.*'])('%p is none', (type) => {
    expect(() => event(type, { data, version: 1 })).toThrow(TypeError);
  });

  test.each([0, -1, 1.5])('of version %p is none', (version) => {
    expect(() => event('users.created', { data, version })).toThrow(TypeError);
  });

  test('has a type of its own', () => {
    const types = [AuthEvents, UserEvents, ProductEvents, TenantEvents].flatMap((events) =>
      Object.values<DomainEvent>(events).map(({ type }) => type),
    );
    expect(new Set(types).size).toBe(types.length);
  });

  test('of a user holds no password', () => {
    expect(Object.keys(UserEvents.created.data.shape).join()).not.toMatch(/password/i);
  });
});

test('an envelope may hold attributes that are not ours', () => {
  const envelope = {
    specversion: '1.0',
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    source: '/users',
    type: 'users.created',
    subject: 'x',
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    dataschema: 'urn:x',
    partitionkey: 'theirs',
    data: {},
  };
  expect(EventEnvelope.parse(envelope)).toEqual(envelope);
});
