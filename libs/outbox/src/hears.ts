import { SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { DomainEvent } from '@tenantry/contracts';
import type { EntityManager } from 'typeorm';
import type { Heard } from './heard.js';

/** A handler of an event. In a central database, what it writes through `manager` is done once; a tenant's repositories need no manager. */
type Handler<E extends DomainEvent> = (heard: Heard<E>, manager: EntityManager) => Promise<void> | void;

const heardEvent = 'tenantry: the event a method hears';
const reflector = new Reflector();

/** Marks a method of a controller or provider as what a service does when `event` happens, in any service, its own included. */
export const Hears =
  <E extends DomainEvent>(event: E) =>
  <Method extends Handler<E>>(target: object, key: string, descriptor: TypedPropertyDescriptor<Method>): void => {
    SetMetadata(heardEvent, event)(target, key, descriptor);
  };

/** The event that a method hears, or undefined. */
export const eventHeardBy = (method: (...given: never[]) => unknown): DomainEvent | undefined =>
  reflector.get<DomainEvent | undefined>(heardEvent, method);
