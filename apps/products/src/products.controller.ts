import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Products } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { ProductsService } from './products.service.js';

@Controller()
export class ProductsController {
  constructor(private readonly products: ProductsService) {}

  @Answers(Products.list)
  list(request: ParsedRequestOf<typeof Products.list>, caller: Caller) {
    return this.products.list(request, caller);
  }

  @Answers(Products.create)
  create(request: ParsedRequestOf<typeof Products.create>) {
    return this.products.create(request);
  }

  @Answers(Products.get)
  get({ id }: ParsedRequestOf<typeof Products.get>) {
    return this.products.get(id);
  }

  @Answers(Products.update)
  update(request: ParsedRequestOf<typeof Products.update>) {
    return this.products.update(request);
  }

  @Answers(Products.delete)
  delete({ id }: ParsedRequestOf<typeof Products.delete>) {
    return this.products.delete(id);
  }

  @Answers(Products.adjustStock)
  adjustStock(request: ParsedRequestOf<typeof Products.adjustStock>, caller: Caller) {
    return this.products.adjustStock(request, caller);
  }
}
