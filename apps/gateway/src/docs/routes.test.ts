import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import * as contracts from '@tenantry/contracts';
import { Auth, type Message, Products, Users } from '@tenantry/contracts';
import { controllers } from '../app.module.js';
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

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'subject' in value && 'needs' in value;
const isForServices = ({ needs }: Message): boolean => needs === 'service' || needs.startsWith('system:');

it('every message that is not between services alone has a route', () => {
  const all = Object.values<unknown>(contracts).flatMap((set) => Object.values(set ?? {}).filter(isMessage));
  const asked = new Set(allRoutes(controllers).map(({ terms }) => terms.message?.subject));
  const others = all.filter((message) => !isForServices(message)).map(({ subject }) => subject);
  expect(others.length).toBeGreaterThan(40);
  expect(others.filter((subject) => !asked.has(subject))).toEqual([]);
});

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
