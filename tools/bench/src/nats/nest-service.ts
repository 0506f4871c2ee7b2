import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { serveParent, setting } from '../harness/parent.ts';
import { nestSubject, type question } from './echo.ts';

class EchoController {
  answer(request: typeof question): typeof question {
    return request;
  }
}

class EchoModule {}

// Applied by hand: Node strips types, but knows no decorators.
const { prototype } = EchoController;
const method = Object.getOwnPropertyDescriptor(prototype, 'answer') as TypedPropertyDescriptor<
  EchoController['answer']
>;
MessagePattern(nestSubject)(prototype, 'answer', method);
Controller()(EchoController);
Module({ controllers: [EchoController] })(EchoModule);

const user = setting('NATS_USER');
const app = await NestFactory.createMicroservice<MicroserviceOptions>(EchoModule, {
  transport: Transport.NATS,
  options: {
    servers: [setting('NATS_URL')],
    user,
    pass: setting('NATS_PASSWORD'),
    inboxPrefix: `_INBOX_${user}`,
    queue: 'products',
  },
  logger: ['fatal', 'error'],
});
await app.listen();
serveParent();
