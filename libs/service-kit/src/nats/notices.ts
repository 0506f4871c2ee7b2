import type { z } from 'zod';
import type { Log } from '../log.js';
import type { Nats } from './nats.js';

/**
 * Hears what is said to every instance on `subject`. What cannot be read is logged and passed over: an error raised in a subscription's
 * callback would end the connection of the whole process.
 */
export function hearNotices<Schema extends z.ZodType>(
  nats: Nats,
  log: Log,
  subject: string,
  schema: Schema,
  hear: (notice: z.output<Schema>) => void,
): void {
  nats.connection.subscribe(subject, {
    callback: (error, msg) => {
      if (error) {
        log.error({ err: error, subject }, 'notices cannot be heard');
        return;
      }
      try {
        hear(schema.parse(msg.json()));
      } catch (err) {
        log.warn({ err, subject }, 'a notice that cannot be read');
      }
    },
  });
}
