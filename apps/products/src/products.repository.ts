import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { QueryFailedError, Repository } from 'typeorm';
import { Product } from './product.entity.js';

/** What of a product its callers may set. */
export type ProductFields = Omit<Product, 'id' | 'createdAt' | 'updatedAt'>;
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
    const violated = error instanceof QueryFailedError && (error.driverError as { constraint?: string }).constraint;
    throw violated === managerConstraint ? unknownManager(error) : error;
  }
}

/** A row under the names of the contract. */
const columns = `id, name, description, price, stock_quantity AS "stockQuantity", active, managed_by AS "managedBy",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Version 7 ids grow with time: this one is above all of them. */
const aboveAll = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * The products of the caller's tenant: every query runs in the lease of the message. Reads are prepared statements, which cost PostgreSQL
 * and us half of what a built query does; writes go through the entity.
 */
@Injectable()
export class ProductsRepository {
  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    private readonly connections: TenantConnections,
  ) {}

  /** Newest first, which is the order of version 7 ids; those older than `before` only. */
  findPage(limit: number, before = aboveAll): Promise<Product[]> {
    const text = `SELECT ${columns} FROM products WHERE id < $1 ORDER BY id DESC LIMIT $2`;
    return this.connections.query<Product>('products.page', text, [before, limit]);
  }

  async find(id: string): Promise<Product | null> {
    const text = `SELECT ${columns} FROM products WHERE id = $1`;
    const [product] = await this.connections.query<Product>('products.find', text, [id]);
    return product ?? null;
  }

  /** @throws ServiceError `validation` when the manager is not a user of the tenant. */
  async insert(fields: ProductFields): Promise<Product> {
    const { identifiers } = await naming(this.products.insert(fields));
    const { id } = identifiers[0] as Pick<Product, 'id'>;
    // Read back: PostgreSQL has the last word on how an amount is written.
    const product = await this.find(id);
    if (!product) throw new ServiceError('conflict', 'The product was deleted at the moment it was made.');
    return product;
  }

  /**
   * Changes the given fields, in one statement, and returns the product as it is then; null when there is none.
   * @throws ServiceError `validation` when the manager is not a user of the tenant.
   */
  async update(id: string, change: ProductChange): Promise<Product | null> {
    const { affected } = await naming(
      this.products.update(id, { ...(change as Partial<ProductFields>), updatedAt: () => 'now()' }),
    );
    return affected ? this.find(id) : null;
  }

  /** Whether there was one. */
  async delete(id: string): Promise<boolean> {
    return ((await this.products.delete(id)).affected ?? 0) > 0;
  }
}
