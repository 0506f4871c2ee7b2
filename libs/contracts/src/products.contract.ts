import { z } from 'zod';
import { event } from './event.js';
import { message } from './message.js';
import { id, money, nothing, page, paging, sortBy, text, timestamp } from './schemas.js';

const maxStock = 2_147_483_647;

const fields = {
  name: text(1, 200),
  description: text(0, 4000).nullable(),
  price: money,
  stockQuantity: z.int().min(0).max(maxStock),
  active: z.boolean(),
  managedBy: id.nullable(),
};

/** Something a tenant sells. `managedBy` is a user's id. */
export const Product = z
  .strictObject({ id, ...fields, createdAt: timestamp, updatedAt: timestamp })
  .meta({ id: 'Product' });
export type Product = z.output<typeof Product>;

export const CreateProduct = z
  .strictObject({
    ...fields,
    description: fields.description.default(null),
    stockQuantity: fields.stockQuantity.default(0),
    active: fields.active.default(true),
    managedBy: fields.managedBy.default(null),
  })
  .meta({ id: 'CreateProduct' });

/** Narrows a list of products. `q` is looked for in name and description, as it is written but for its case. */
const filters = {
  q: text(0, 200).optional(),
  active: z.boolean().optional(),
  minPrice: money.optional(),
  maxPrice: money.optional(),
  managedBy: id.optional(),
};

const reason = text(1, 500);

/** More of it in stock, or less. */
export const AdjustStock = z
  .strictObject({
    delta: z
      .int()
      .min(-maxStock)
      .max(maxStock)
      .refine((delta) => delta !== 0, { error: 'must not be 0' }),
    reason,
  })
  .meta({ id: 'AdjustStock' });

const ChangeProduct = z.strictObject(fields).partial();

export const Products = {
  list: message('products.list', {
    request: z.strictObject({
      ...paging,
      sort: sortBy('name', 'price', 'createdAt', 'stockQuantity').default('-createdAt'),
      ...filters,
    }),
    reply: page(Product).meta({ id: 'ProductPage' }),
    needs: 'products:read',
    idempotent: true,
  }),
  create: message('products.create', {
    request: CreateProduct,
    reply: Product,
    needs: 'products:write',
    status: 201,
    etag: true,
    keyed: 'allowed',
  }),
  get: message('products.get', {
    request: z.strictObject({ id }),
    reply: Product,
    needs: 'products:read',
    idempotent: true,
    etag: true,
  }),
  update: message('products.update', {
    request: ChangeProduct.extend({ id }),
    reply: Product,
    needs: 'products:write',
    etag: true,
    ifMatch: true,
  }),
  delete: message('products.delete', {
    request: z.strictObject({ id }),
    reply: nothing,
    needs: 'products:write',
    status: 204,
    ifMatch: true,
  }),
  /** Answers the product as it is then. Raises `insufficient-stock` where there is not so much of it. */
  adjustStock: message('products.adjust-stock', {
    request: AdjustStock.extend({ id }),
    reply: Product,
    needs: 'products:write',
    etag: true,
    keyed: 'required',
  }),
};

/** As it is told of: of two events about one product, the higher version happened later. */
const ProductVersion = Product.extend({ version: z.int() });

export const ProductEvents = {
  created: event('products.created', { data: ProductVersion, version: 1 }),
  /** With the product as it is then. */
  changed: event('products.changed', { data: ProductVersion, version: 1 }),
  deleted: event('products.deleted', { data: z.strictObject({ id }), version: 1 }),
  /** With what is in stock since. */
  stockAdjusted: event('products.stock-adjusted', {
    data: z.strictObject({ id, version: z.int(), delta: z.int(), reason, stockQuantity: fields.stockQuantity }),
    version: 1,
  }),
};
