import { expect, test } from '@jest/globals';
import { overbookedOf } from './budget-check.js';

const large = { host: 'a', port: 5432, maxConnections: 200, reserve: 20 };
const small = { host: 'b', port: 5432, maxConnections: 100, reserve: 20 };
const products = { service: 'products', budget: 30 };
const users = { service: 'users', budget: 20 };

test('what the instances may open together may fill a cluster to its reserve', () => {
  expect(overbookedOf([large, small], [products, products, users])).toEqual([]);
});

test('one instance more is too much for the cluster that has no room for it, and says whose the connections are', () => {
  expect(overbookedOf([large, small], [products, products, users, users])).toEqual([
    { cluster: 'b:5432', has: 80, wanted: 100, of: { products: 60, users: 40 } },
  ]);
});
