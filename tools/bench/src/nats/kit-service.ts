import { Controller, Module } from '@nestjs/common';
import { Answers, boot, CommonConfig, MessageScope } from '@tenantry/service-kit';
import { serveParent } from '../harness/parent.ts';
import { Echo, type question } from './echo.ts';

class EchoController {
  answer(request: typeof question): typeof question {
    return request;
  }
}

/** There is no database here: what a lease costs is measured by the list, not by the hop. */
class NoScope extends MessageScope {
  run<Result>(_message: unknown, work: () => Promise<Result>): Promise<Result> {
    return work();
  }
}

class EchoModule {}

// Applied by hand: Node strips types, but knows no decorators.
const { prototype } = EchoController;
const method = Object.getOwnPropertyDescriptor(prototype, 'answer') as TypedPropertyDescriptor<
  EchoController['answer']
>;
Answers(Echo)(prototype, 'answer', method);
Controller()(EchoController);
Module({
  controllers: [EchoController],
  providers: [{ provide: MessageScope, useClass: NoScope }],
  exports: [MessageScope],
})(EchoModule);

await boot({ name: 'products', module: EchoModule, config: CommonConfig });
// The kit leaves on signals only.
serveParent(undefined, () => process.kill(process.pid, 'SIGTERM'));
