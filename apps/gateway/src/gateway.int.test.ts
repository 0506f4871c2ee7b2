import { afterEach, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { controllers } from './app.module.js';
import { startOwnGateway } from './test/own-gateway.js';

@Controller('v1/things')
class ForgottenController {
  @Get()
  list(): string {
    return 'for anybody';
  }
}

/** The very list that the module is made of. */
const ours: unknown[] = controllers;
afterEach(() => void ours.splice(ours.indexOf(ForgottenController), 1));

it('a gateway does not start with a controller whose route says neither whom it asks nor that it is open', async () => {
  ours.push(ForgottenController);
  await expect(startOwnGateway()).rejects.toThrow(/ForgottenController\.list says neither/);
});
