import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { Auth, Products, Users } from '@tenantry/contracts';
import { Asks, Open } from '../route.js';
import { allRoutes } from './routes.js';

@Controller('v1/things')
class ForgottenController {
  @Get()
  list(): void {}
}

@Controller('v1/things')
class InnerController {
  @Get()
  @Asks(Auth.jwks, 'keys')
  keys(): void {}
}

@Controller('v1/things')
class PasswordController {
  @Post()
  @Asks(Users.verifyPassword, 'verifies')
  verify(): void {}
}

@Controller('v1/things')
class GoodController {
  @Get(':id/parts')
  @Asks(Products.get, 'reads')
  get(): void {}

  @Get('about')
  @Open('tells')
  about(): void {}
}

describe('a route', () => {
  it('that does not say who may call it keeps the gateway from starting', () => {
    expect(() => allRoutes([GoodController, ForgottenController])).toThrow(/ForgottenController\.list/);
  });

  it.each([InnerController, PasswordController])(
    'to a message between services keeps the gateway from starting: %p',
    (controller) => {
      expect(() => allRoutes([controller])).toThrow(/for services only/);
    },
  );

  it('is known by its path, with parameters in braces', () => {
    expect(allRoutes([GoodController]).map(({ method, path, name }) => ({ method, path, name }))).toEqual([
      { method: 'get', path: '/v1/things/{id}/parts', name: 'Good.get' },
      { method: 'get', path: '/v1/things/about', name: 'Good.about' },
    ]);
  });
});
