import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { LessThan, QueryFailedError, Repository } from 'typeorm';
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

/** The products of the caller's tenant: every query runs in the lease of the message. */
@Injectable()
export class ProductsRepository {
  constructor(@InjectRepository(Product) private readonly products: Repository<Product>) {}

  /** Newest first, which is the order of version 7 ids; those older than `before` only. */
  findPage(limit: number, before: string | undefined): Promise<Product[]> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    return this.products.find({ where, order: { id: 'DESC' }, take: limit });
  }

  find(id: string): Promise<Product | null> {
    return this.products.findOneBy({ id });
  }

  /** @throws ServiceError `validation` when the manager is not a user of the tenant. */
  async insert(fields: ProductFields): Promise<Product> {
    const { identifiers } = await naming(this.products.insert(fields));
    // Read back: PostgreSQL has the last word on how an amount is written.
    return this.products.findOneByOrFail(identifiers[0] as Pick<Product, 'id'>);
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
