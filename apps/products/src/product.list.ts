import { Products } from '@tenantry/contracts';
import { contains, type ListTerms } from '@tenantry/service-kit';

/** A row under the names of the contract. */
export const productColumns = `id, name, description, price, stock_quantity AS "stockQuantity", active, managed_by AS "managedBy",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** The list of products: an index for each of its orders. */
export const productList: ListTerms = {
  subject: Products.list.subject,
  rows: `SELECT ${productColumns} FROM products`,
  orders: {
    name: ['name', 'text'],
    price: ['price', 'numeric'],
    createdAt: ['created_at', 'timestamptz'],
    stockQuantity: ['stock_quantity', 'integer'],
  },
  filters: {
    q: contains('name', 'description'),
    active: (flag) => `active = ${flag}`,
    minPrice: (amount) => `price >= ${amount}::numeric`,
    maxPrice: (amount) => `price <= ${amount}::numeric`,
    managedBy: (user) => `managed_by = ${user}`,
  },
};
