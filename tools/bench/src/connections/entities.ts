import { EntitySchema, type ObjectLiteral } from 'typeorm';

/** What the bench reads. */
export const Product = new EntitySchema({
  name: 'Product',
  tableName: 'products',
  columns: {
    id: { type: 'uuid', primary: true },
    name: { type: 'text' },
    price: { type: 'numeric' },
    stock: { type: 'int' },
  },
});

const timestamps = {
  createdAt: { name: 'created_at', type: 'timestamptz', default: () => 'now()' },
  updatedAt: { name: 'updated_at', type: 'timestamptz', default: () => 'now()' },
} as const;

const Role = new EntitySchema({
  name: 'Role',
  tableName: 'roles',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    name: { type: 'text' },
    description: { type: 'text' },
    permissions: { type: 'text', array: true },
    builtIn: { name: 'built_in', type: 'boolean', default: false },
    updatedAt: timestamps.updatedAt,
  },
});

const User = new EntitySchema<ObjectLiteral>({
  name: 'User',
  tableName: 'users',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    email: { type: 'text' },
    passwordHash: { name: 'password_hash', type: 'text', select: false },
    firstName: { name: 'first_name', type: 'text' },
    lastName: { name: 'last_name', type: 'text' },
    active: { type: 'boolean', default: true },
    securityVersion: { name: 'security_version', type: 'integer', default: 1 },
    ...timestamps,
  },
  relations: {
    roles: {
      type: 'many-to-many',
      target: 'Role',
      joinTable: { name: 'user_roles', joinColumn: { name: 'user_id' }, inverseJoinColumn: { name: 'role_id' } },
    },
  },
});

/** As those of the users service, and products: what both a tenant's DataSource and the library know of. */
export const entities = [Product, Role, User];
