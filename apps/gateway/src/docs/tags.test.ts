import { describe, expect, it } from '@jest/globals';
import type { Route } from './routes.js';
import { tagOf, tagsOf } from './tags.js';

const route = (name: string): Route => ({ method: 'get', path: '/', name, terms: { message: null, summary: '' } });

describe('a group of operations', () => {
  it('has the operations of several controllers', () => {
    expect(tagOf(route('TenantLifecycle.suspend'))).toBe(tagOf(route('Tenants.list')));
  });

  it('comes in the order of a first visit, and is listed where it has operations', () => {
    const names = tagsOf([route('Roles.list'), route('Products.list'), route('Auth.login')]).map(({ name }) => name);
    expect(names).toEqual(['Login', 'Products', 'Roles']);
  });

  it('is its own controller, where nothing is said of that', () => {
    expect(tagsOf([route('Orders.list'), route('Auth.login')]).map(({ name }) => name)).toEqual(['Login', 'Orders']);
  });
});
