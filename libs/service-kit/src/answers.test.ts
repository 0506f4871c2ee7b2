import { expect, test } from '@jest/globals';
import { Products, Users, type AnswerOf, type ParsedRequestOf, type Product, type ReplyOf } from '@tenantry/contracts';
import { Answers } from './answers.js';
import type { Caller } from './request-context.js';

type Answer = AnswerOf<typeof Products.get>;
declare const product: Answer;

// The compiler is the test here: were one of these lines to compile, its `@ts-expect-error` would be the error.
abstract class Handlers {
  @Answers(Products.get)
  get({ id }: { id: string }, caller: Caller): Answer {
    return { ...product, id, managedBy: caller.userId };
  }

  @Answers(Products.list)
  list(request: ParsedRequestOf<typeof Products.list>): Promise<ReplyOf<typeof Products.list>> {
    return Promise.resolve({ data: [], nextCursor: String(request.limit) });
  }

  @Answers(Products.delete)
  delete(): null {
    return null;
  }

  // @ts-expect-error a request that is not the contract's
  @Answers(Products.get)
  otherRequest({ slug }: { slug: string }): Answer {
    return { ...product, name: slug };
  }

  // @ts-expect-error a field of the request with another type
  @Answers(Products.list)
  otherField({ limit }: { limit: string }): ReplyOf<typeof Products.list> {
    return { data: [], nextCursor: limit };
  }

  // @ts-expect-error a reply of another message
  @Answers(Products.get)
  otherReply(): ReplyOf<typeof Users.me> {
    throw new Error('never called');
  }

  // @ts-expect-error a reply with a field missing
  @Answers(Products.get)
  missingField(): Promise<Omit<Answer, 'price'>> {
    return Promise.resolve(product);
  }

  // @ts-expect-error a reply where there must be none
  @Answers(Products.delete)
  bodyForNothing(): Product {
    return product;
  }

  // @ts-expect-error no reply where there must be one
  @Answers(Products.get)
  nothing(): Promise<void> {
    return Promise.resolve();
  }

  // @ts-expect-error a reply without its version, of which there must be an entity tag
  @Answers(Products.get)
  noVersion(): Product {
    return product;
  }

  // @ts-expect-error something that is not the caller
  @Answers(Products.get)
  otherCaller(_request: { id: string }, caller: { name: string }): Answer {
    return { ...product, name: caller.name };
  }
}

test('a handler with the request, the caller and the reply of its contract compiles', () => {
  expect(Handlers).toBeDefined();
});
