import { Controller, Delete, Get, Patch, Post, Req, Res } from '@nestjs/common';
import { Products } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/products')
export class ProductsController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(Products.list, 'Lists products, newest first unless sorted otherwise')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Products.list, request, reply);
  }

  @Post()
  @Asks(Products.create, 'Creates a product')
  create(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Products.create, request, reply);
  }

  @Get(':id')
  @Asks(Products.get, 'Reads a product')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Products.get, request, reply);
  }

  @Patch(':id')
  @Asks(Products.update, 'Changes the given fields of a product')
  update(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Products.update, request, reply);
  }

  @Delete(':id')
  @Asks(Products.delete, 'Deletes a product')
  delete(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Products.delete, request, reply);
  }

  @Post(':id/stock-adjustments')
  @Asks(Products.adjustStock, 'Adds to the stock of a product, or takes from it')
  adjustStock(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Products.adjustStock, request, reply);
  }
}
