import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { Auth, ErrorCatalogue, Products, Users } from '@tenantry/contracts';
import { controllers } from '../app.module.js';
import { Asks, Open } from '../route.js';
import { openApiDocument } from './openapi.js';
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

describe('the document', () => {
  const document = openApiDocument(allRoutes(controllers), '1.0.0') as {
    paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  };

  it('names for each status only codes that have it', () => {
    for (const item of Object.values(document.paths)) {
      for (const { responses } of Object.values(item)) {
        for (const [status, { description }] of Object.entries(responses)) {
          if (Number(status) < 400) continue;
          const codes = [...description.matchAll(/^`([a-z-]+)`:/gm)].map(
            ([, code]) => code as keyof typeof ErrorCatalogue,
          );
          expect(codes.length).toBeGreaterThan(0);
          for (const code of codes) expect(ErrorCatalogue[code].status).toBe(Number(status));
        }
      }
    }
  });

  it('hides what a client cannot send', () => {
    expect(JSON.stringify(document)).not.toContain('waitSeconds');
  });
});
