import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { boot } from '../boot.js';
import { echoing, KeptScope, ownMessages, productsModule } from './products.js';

// A service of one message, booted as every service is. It says each text on stdout when it starts on it, and takes its time.
const { MESSAGES_WORD, WORK_MS } = process.env;
const behaviour = {
  ...echoing(),
  plain: async ({ text }: { text: string }) => {
    writeSync(1, `${text}\n`);
    await sleep(Number(WORK_MS));
    return { text };
  },
};
await boot({
  name: 'products',
  module: productsModule(ownMessages(MESSAGES_WORD), behaviour, new KeptScope()),
  config: z.object({}),
});
