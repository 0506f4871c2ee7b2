import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type ParsedRequestOf, Products, type ReplyOf } from '@tenantry/contracts';
import { type Caller, CONFIG, cursorKey, decodeCursor, encodeCursor, ServiceError } from '@tenantry/service-kit';
import type { ProductsConfig } from './config.js';
import { ProductsRepository } from './products.repository.js';

const unknownProduct = (): ServiceError => new ServiceError('not-found', 'There is no such product.');

/** The rules of products. */
@Injectable()
export class ProductsService {
  private readonly cursorKey: KeyObject;

  constructor(
    private readonly products: ProductsRepository,
    @Inject(CONFIG) { MASTER_KEY }: ProductsConfig,
  ) {
    this.cursorKey = cursorKey(MASTER_KEY, 'products');
  }

  /** @throws ServiceError `invalid-cursor` */
  async list(
    { limit, cursor }: ParsedRequestOf<typeof Products.list>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof Products.list>> {
    const binding = { tenantId, list: Products.list.subject };
    const [before] = cursor === undefined ? [] : decodeCursor(this.cursorKey, binding, cursor);
    // One more than asked for tells whether there is another page.
    const rows = await this.products.findPage(limit + 1, before);
    const hasMore = rows.length > limit;
    const data = hasMore ? rows.slice(0, limit) : rows;
    return { data, nextCursor: hasMore ? encodeCursor(this.cursorKey, binding, [data.at(-1)!.id]) : null };
  }

  /** @throws ServiceError `validation` */
  create(request: ParsedRequestOf<typeof Products.create>): Promise<ReplyOf<typeof Products.create>> {
    return this.products.insert(request);
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<ReplyOf<typeof Products.get>> {
    const product = await this.products.find(id);
    if (!product) throw unknownProduct();
    return product;
  }

  /** @throws ServiceError `not-found`, `validation` */
  async update({ id, ...change }: ParsedRequestOf<typeof Products.update>): Promise<ReplyOf<typeof Products.update>> {
    const product = await this.products.update(id, change);
    if (!product) throw unknownProduct();
    return product;
  }

  /** @throws ServiceError `not-found` */
  async delete(id: string): Promise<null> {
    if (!(await this.products.delete(id))) throw unknownProduct();
    return null;
  }
}
