import { randomUUID } from 'node:crypto';
import { requestDeadlineMs, type Issuer, type Message, type ServiceName } from '@tenantry/contracts';
import type { ContextSigner, Statement } from '../context/signer.js';
import { Messages, type Envelope } from '../nats/messages.js';
import type { Nats } from '../nats/nats.js';
import { natsAs, signerOf } from './broker.js';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly resourceId: string | undefined;
  readonly etag: string | undefined;
  readonly isReplayed: boolean;
  readonly retryAfterSeconds: string | undefined;
}

/** An issuer who asks, as the gateway does. */
export class Asker {
  readonly tenantId: string = randomUUID();
  readonly userId: string = randomUUID();
  readonly messages: Messages;

  private constructor(
    readonly nats: Nats,
    readonly signer: ContextSigner,
  ) {
    this.messages = new Messages(nats, signer);
  }

  static async start(issuer: Issuer = 'gateway', url?: string): Promise<Asker> {
    const nats = await natsAs(issuer, url);
    return new Asker(nats, await signerOf(nats, issuer));
  }

  /** What this asker would state of its user, with changes. */
  statement(changes: Partial<Statement> = {}): Statement {
    return {
      sub: `user:${this.userId}`,
      tenant: this.tenantId,
      session: randomUUID(),
      audience: 'products' satisfies ServiceName,
      permissions: ['products:read', 'products:write'],
      ...changes,
    };
  }

  context(changes: Partial<Statement> = {}): Promise<string> {
    return this.signer.sign(this.statement(changes));
  }

  async ask(message: Message, request: unknown, changes: Partial<Envelope> = {}): Promise<Answer> {
    const body = typeof request === 'string' ? request : JSON.stringify(request);
    const context = 'context' in changes ? changes.context : await this.context();
    const reply = await this.messages.send(message, body, {
      requestId: randomUUID(),
      deadlineAt: performance.now() + requestDeadlineMs,
      ...changes,
      context,
    });
    const text = Buffer.from(reply.body).toString();
    return { ...reply, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
  }

  async close(): Promise<void> {
    await this.nats.close();
  }
}
