import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ProductEvents } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { ServiceError } from '@tenantry/service-kit';
import { TenantConnections, wantedRow } from '@tenantry/tenant-connection';
import { QueryFailedError, Repository } from 'typeorm';
import { Product } from './product.entity.js';

/** What of a product its callers may set. */
export type ProductFields = Omit<Product, 'id' | 'version' | 'createdAt' | 'updatedAt'>;
/** As a list shows it. */
export type ListedProduct = Omit<Product, 'version'>;
/** Some of them; those left out, or undefined, stay as they are. */
export type ProductChange = { readonly [Name in keyof ProductFields]?: ProductFields[Name] | undefined };

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

/** A row under the names of the contract, as lists show it and with its version. */
const listed = `id, name, description, price, stock_quantity AS "stockQuantity", active, managed_by AS "managedBy",
  created_at AS "createdAt", updated_at AS "updatedAt"`;
const columns = `${listed}, version`;

/** Version 7 ids grow with time: this one is above all of them. */
const aboveAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * The products of the caller's tenant: every query runs in the lease of the message. Reads are prepared statements, which cost PostgreSQL
 * and us half of what a built query does; so is the making of a product, other writes go through the entity. What is written is told to
 * other services, if and only if it is committed.
 */
@Injectable()
export class ProductsRepository {
  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    private readonly connections: TenantConnections,
    private readonly outbox: Outbox,
  ) {}

  /** Newest first, which is the order of version 7 ids; those older than `before` only. */
  findPage(limit: number, before = aboveAll): Promise<ListedProduct[]> {
    const text = `SELECT ${listed} FROM products WHERE id < $1 ORDER BY id DESC LIMIT $2`;
    return this.connections.query<ListedProduct>('products.page', text, [before, limit]);
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
}
