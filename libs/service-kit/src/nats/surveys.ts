import type { Msg } from '@nats-io/transport-node';
import type { Survey } from '@tenantry/contracts';
import type { z } from 'zod';
import type { Log } from '../log.js';
import { ServiceError } from '../service-error.js';
import type { Nats } from './nats.js';
import { secretToken } from './requests.js';

/** Nobody knows how many will answer: when no more have come for so long, those were all. */
const silenceMs = 200;
const withinMs = 1000;
/** NATS says with this status that nobody listens. */
const noResponders = 503;

/** Answers a survey for this instance. An answer that cannot be given is logged, and the instance is missing from the survey. */
export function answerSurvey<Reply extends z.ZodType>(
  nats: Nats,
  log: Log,
  { subject }: Survey<Reply>,
  answer: () => z.input<Reply>,
): void {
  nats.connection.subscribe(subject, {
    callback: (error, msg) => {
      try {
        if (error) throw error;
        msg.respond(JSON.stringify(answer()));
      } catch (err) {
        log.error({ err, subject }, 'a survey cannot be answered');
      }
    },
  });
}

/**
 * Asks every instance, and resolves within about a second with the answers of those that gave one. An instance that stands still is missing.
 * @throws ServiceError `service-unavailable` when the broker is away.
 */
export async function askInstances<Reply extends z.ZodType>(
  nats: Nats,
  log: Log,
  { subject, reply }: Survey<Reply>,
): Promise<z.output<Reply>[]> {
  if (!nats.isConnected) throw new ServiceError('service-unavailable', 'The message broker is away.');
  const answers: z.output<Reply>[] = [];
  const keep = (msg: Msg): void => {
    try {
      answers.push(reply.parse(msg.json()));
    } catch (err) {
      log.warn({ err, subject }, 'an answer to a survey that cannot be read');
    }
  };
  try {
    // Where instances of every service may answer (tools/stack/nats/nats.conf), each of them also more than once.
    const inbox = `${nats.inboxPrefix}.instances.${secretToken()}`;
    for await (const msg of answersAt(nats, inbox, subject)) keep(msg);
  } catch (cause) {
    throw new ServiceError('service-unavailable', 'The instances could not be asked.', { cause });
  }
  return answers;
}

/** What comes until nothing has come for a while; nothing, where the broker says that nobody listens. */
async function* answersAt({ connection }: Nats, inbox: string, subject: string): AsyncGenerator<Msg> {
  const subscription = connection.subscribe(inbox);
  const end = (): void => subscription.unsubscribe();
  const last = setTimeout(end, withinMs);
  let silence: NodeJS.Timeout | undefined;
  try {
    connection.publish(subject, undefined, { reply: inbox });
    for await (const msg of subscription) {
      if (msg.headers?.code === noResponders) return;
      clearTimeout(silence);
      silence = setTimeout(end, silenceMs);
      yield msg;
    }
  } finally {
    clearTimeout(last);
    clearTimeout(silence);
    end();
  }
}
