import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type AdjustStock, type ParsedRequestOf, ProductEvents, type Products } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { CONFIG, cursorKey, type CursorSecret, Listing, type Page, ServiceError } from '@tenantry/service-kit';
import { TenantConnections, wantedRow } from '@tenantry/tenant-connection';
import { QueryFailedError, Repository } from 'typeorm';
import type { z } from 'zod';
import { Product } from './product.entity.js';
import { productColumns, productList } from './product.list.js';

/** What of a product its callers may set. */
export type ProductFields = Omit<Product, 'id' | 'version' | 'createdAt' | 'updatedAt'>;
/** Some of them; those left out, or undefined, stay as they are. */
export type ProductChange = { readonly [Name in keyof ProductFields]?: ProductFields[Name] | undefined };
/** A product as a list shows it. */
export type ListedProduct = Omit<Product, 'version'>;
export type Adjustment = z.output<typeof AdjustStock>;

const managerConstraint = 'products_managed_by_fkey';

const unknownManager = (cause: unknown): ServiceError => {
  const errors = [{ pointer: '/managedBy', code: 'unknown', message: 'is not a user of this tenant' }];
  return new ServiceError('validation', 'The manager is not a user of this tenant.', { errors, cause });
};

/** Keeps what a failed write tells us: a manager who does not exist. */
async function naming<Result>(write: Promise<Result>): Promise<Result> {
  try {
    return await write;
  } catch (error) {
    const failure = (error instanceof QueryFailedError ? error.driverError : error) as
      { constraint?: string } | undefined;
    const violated = failure?.constraint;
    throw violated === managerConstraint ? unknownManager(error) : error;
  }
}

const columns = `${productColumns}, version`;

/**
 * The products of the caller's tenant: every query runs in the lease of the message. Reads are prepared statements, which cost PostgreSQL
 * and us half of what a built query does; so is the making of a product, other writes go through the entity. What is written is told to
 * other services, if and only if it is committed.
 */
@Injectable()
export class ProductsRepository {
  private readonly listing: Listing<ListedProduct>;

  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    private readonly connections: TenantConnections,
    private readonly outbox: Outbox,
    @Inject(CONFIG) config: CursorSecret,
  ) {
    this.listing = new Listing(productList, cursorKey(config, 'products'));
  }

  /** @throws ServiceError `invalid-cursor` */
  findPage(request: ParsedRequestOf<typeof Products.list>, tenantId: string): Promise<Page<ListedProduct>> {
    return this.listing.page(request, tenantId, (name, text, values) => this.connections.query(name, text, values));
  }

  async find(id: string): Promise<Product | null> {
    const text = `SELECT ${columns} FROM products WHERE id = $1`;
    const [product] = await this.connections.query<Product>('products.find', text, [id]);
    return product ?? null;
  }

  /** @throws ServiceError `validation` when the manager is not a user of the tenant. */
  insert(fields: ProductFields): Promise<Product> {
    // As it comes back: PostgreSQL has the last word on how an amount is written.
    const text = `INSERT INTO products (name, description, price, stock_quantity, active, managed_by)
      VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`;
    const { name, description, price, stockQuantity, active, managedBy } = fields;
    const values = [name, description, price, stockQuantity, active, managedBy];
    return this.outbox.transaction(async () => {
      const [product] = await naming(this.connections.query<Product>('products.insert', text, values));
      this.outbox.add(ProductEvents.created, { aggregate: product!.id, data: product! });
      return product!;
    });
  }

  /**
   * Changes the given fields of a product in a wanted version, in one statement, and returns it as it is then; null when there is none.
   * @throws ServiceError `validation` when the manager is not a user of the tenant.
   */
  update(id: string, change: ProductChange): Promise<Product | null> {
    const columnsOf = { ...(change as Partial<ProductFields>), updatedAt: () => 'now()' };
    return this.outbox.transaction(async () => {
      const { affected } = await naming(this.products.update(wantedRow(id), columnsOf));
      const product = affected ? await this.find(id) : null;
      if (product) this.outbox.add(ProductEvents.changed, { aggregate: id, data: product });
      return product;
    });
  }

  /** Whether there was one in a wanted version. */
  delete(id: string): Promise<boolean> {
    return this.outbox.transaction(async () => {
      const { affected } = await this.products.delete(wantedRow(id));
      if (affected) this.outbox.add(ProductEvents.deleted, { aggregate: id, data: { id } });
      return (affected ?? 0) > 0;
    });
  }

  /**
   * Adds to the stock, or takes from it, and records why, in one statement; null where there is no product, or not so much of it.
   * Never negative: who waits for another's adjustment is compared with what that has left.
   */
  adjustStock(id: string, { delta, reason }: Adjustment, userId: string | null): Promise<Product | null> {
    const text = `WITH adjusted AS (
        UPDATE products SET stock_quantity = stock_quantity + $2, updated_at = now()
        WHERE id = $1 AND stock_quantity::bigint + $2 BETWEEN 0 AND 2147483647 RETURNING *),
      recorded AS (
        INSERT INTO stock_adjustments (product_id, delta, reason, stock_quantity, adjusted_by)
        SELECT id, $2, $3, stock_quantity, $4 FROM adjusted)
      SELECT ${columns} FROM adjusted`;
    return this.outbox.transaction(async () => {
      const values = [id, delta, reason, userId];
      const [product] = await this.connections.query<Product>('products.adjust-stock', text, values);
      if (!product) return null;
      const { version, stockQuantity } = product;
      this.outbox.add(ProductEvents.stockAdjusted, {
        aggregate: id,
        data: { id, version, delta, reason, stockQuantity },
      });
      return product;
    });
  }
}
