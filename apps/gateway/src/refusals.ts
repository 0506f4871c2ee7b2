import { Inject, Injectable } from '@nestjs/common';
import { Audit, type ErrorCode, type Message } from '@tenantry/contracts';
import { LOG, type Log, Messages } from '@tenantry/service-kit';
import type { GatewayRequest } from './call.js';
import { findReason } from './upstream/reason.js';

/** Tells the registry, which keeps the audit, of operators that were refused here, for what they may not or for what they wrote, and never came to it. */
@Injectable()
export class Refusals {
  constructor(
    @Inject(Messages) private readonly messages: Messages,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Nobody waits for it: the refusal stands, whether or not it can be recorded. */
  tell({ subject: action }: Message, request: GatewayRequest, outcome: ErrorCode): void {
    const { call, params, ip: address } = request;
    const { id } = params as { id?: string };
    const actor = call.identity?.caller.subject ?? 'anonymous';
    const event = { actor, action, outcome, address, reason: findReason(request), requestId: call.requestId };
    this.messages
      .ask(Audit.refuse, { ...event, ...(id && isId.test(id) ? { id } : {}) })
      .catch((err: unknown) => this.log.error({ err, auditEvent: event }, 'a refusal could not be recorded'));
  }
}

/** A path may hold anything: what is no id is nobody's. */
const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
