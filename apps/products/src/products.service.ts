import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type AnswerOf, type ParsedRequestOf, Products, type ReplyOf } from '@tenantry/contracts';
import {
  type Caller,
  CONFIG,
  cursorKey,
  decodeCursor,
  encodeCursor,
  preconditionFailed,
  ServiceError,
  wantedVersions,
} from '@tenantry/service-kit';
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
  create(request: ParsedRequestOf<typeof Products.create>): Promise<AnswerOf<typeof Products.create>> {
    return this.products.insert(request);
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<AnswerOf<typeof Products.get>> {
    const product = await this.products.find(id);
    if (!product) throw unknownProduct();
    return product;
  }

  /**
   * A JSON merge patch (RFC 7396): null clears a field, what is left out stays; where nothing is given, nothing changes.
   * @throws ServiceError `not-found`, `precondition-failed`, `validation`
   */
  async update({ id, ...change }: ParsedRequestOf<typeof Products.update>): Promise<AnswerOf<typeof Products.update>> {
    if (Object.keys(change).length === 0) return this.getWanted(id);
    return (await this.products.update(id, change)) ?? this.refuse(id);
  }

  /** @throws ServiceError `not-found`, `precondition-failed` */
  async delete(id: string): Promise<null> {
    return (await this.products.delete(id)) ? null : this.refuse(id);
  }

  private async getWanted(id: string): Promise<AnswerOf<typeof Products.get>> {
    const product = await this.get(id);
    if (wantedVersions(id)?.includes(product.version) === false) throw preconditionFailed();
    return product;
  }

  /** No row was met: there is none, or it is in another version than the caller has seen. */
  private async refuse(id: string): Promise<never> {
    await this.get(id);
    throw preconditionFailed();
  }
}
