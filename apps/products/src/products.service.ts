import { Injectable } from '@nestjs/common';
import { type AnswerOf, type ParsedRequestOf, Products } from '@tenantry/contracts';
import { type Caller, preconditionFailed, ServiceError, wantedVersions } from '@tenantry/service-kit';
import { ProductsRepository } from './products.repository.js';

const unknownProduct = (): ServiceError => new ServiceError('not-found', 'There is no such product.');

/** The rules of products. */
@Injectable()
export class ProductsService {
  constructor(private readonly products: ProductsRepository) {}

  /** @throws ServiceError `invalid-cursor` */
  list(request: ParsedRequestOf<typeof Products.list>, { tenantId }: Caller): Promise<AnswerOf<typeof Products.list>> {
    return this.products.findPage(request, tenantId!);
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

  /**
   * Adds to the stock, or takes from it.
   * @throws ServiceError `not-found`, `insufficient-stock`, `validation`
   */
  async adjustStock(
    { id, ...adjustment }: ParsedRequestOf<typeof Products.adjustStock>,
    { userId }: Caller,
  ): Promise<AnswerOf<typeof Products.adjustStock>> {
    const product = await this.products.adjustStock(id, adjustment, userId);
    if (product) return product;
    const { stockQuantity } = await this.get(id);
    if (adjustment.delta < 0) throw new ServiceError('insufficient-stock', `There are ${stockQuantity} in stock.`);
    const errors = [{ pointer: '/delta', code: 'too-big', message: 'is more than can be kept count of' }];
    throw new ServiceError('validation', 'The stock would be too large.', { errors });
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
