import type { Msg } from '@nats-io/transport-node';
import {
  type ErrorCode,
  ErrorCatalogue,
  type Issuer,
  type Message,
  type ReplyOf,
  type RequestOf,
} from '@tenantry/contracts';
import { CommonConfig, ContextSigner, createLog, Messages, Nats } from '@tenantry/service-kit';
import { testServers } from '@tenantry/testing';

export const log = createLog({ service: 'auth', instance: 'test', level: 'warn' });
const opened: Nats[] = [];

/** A connection to the broker as one of its users. */
export async function connect(user: string): Promise<Nats> {
  const { natsUrl, natsPasswords } = testServers();
  const config = CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: user, NATS_PASSWORD: natsPasswords[user] });
  const nats = await Nats.open(config, `${user}-test`, log);
  opened.push(nats);
  return nats;
}

export async function disconnectAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((nats) => nats.close()));
}

/** What an issuer asks with. */
export async function issuer(nats: Nats, name: Issuer): Promise<{ signer: ContextSigner; messages: Messages }> {
  const signer = await ContextSigner.start(nats, log, name);
  return { signer, messages: new Messages(nats, signer) };
}

type Answered<M extends Message> = ReplyOf<M> | { problem: ErrorCode };

/** Stands in for another service: answers one message with what `answer` gives, or with the problem that it throws. */
export function standIn<M extends Message>(
  nats: Nats,
  message: M,
  answer: (request: RequestOf<M>) => Answered<M> | Promise<Answered<M>>,
): void {
  const respond = async (request: Msg): Promise<void> => {
    const reply = await answer(request.json());
    const problem = typeof reply === 'object' && reply !== null && 'problem' in reply ? reply.problem : undefined;
    const headers = request.headers!;
    headers.set('Status', problem ? String(ErrorCatalogue[problem].status) : '200');
    request.respond(JSON.stringify(problem ? { code: problem, detail: 'no' } : reply), { headers });
  };
  nats.connection.subscribe(message.subject, {
    queue: message.service,
    callback: (_, request) => void respond(request),
  });
}
