import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { Mailer } from './mailer.js';

const log = createLog({ service: 'users', instance: 'test', level: 'silent' });
const sent = { email: 'ada@acme.test', token: 'a-token' };

/** All of SMTP (RFC 5321) that one mail needs. */
let server: Server;
let received: string;
beforeEach(async () => {
  received = '';
  server = createServer((socket) => {
    let isData = false;
    socket.write('220 test\r\n');
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
      if (isData && !received.endsWith('\r\n.\r\n')) return;
      const isOver = chunk.toString().startsWith('QUIT');
      isData = chunk.toString().startsWith('DATA');
      socket.write(isOver ? '221 bye\r\n' : isData ? '354 go on\r\n' : '250 ok\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const mailer = (links?: string) => {
  const SMTP_URL = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Mailer({ SMTP_URL, MAIL_FROM: 'no-reply@tenantry.test', ...(links ? { MAIL_LINKS: links } : {}) }, log);
};

describe('a mail', () => {
  it('goes by SMTP from the platform to the person, with the token', async () => {
    await mailer().send('reset-password', sent, 'acme');
    expect(received).toMatch(/MAIL FROM:<no-reply@tenantry\.test>/);
    expect(received).toMatch(/RCPT TO:<ada@acme\.test>/);
    expect(received).toContain('Your token: a-token');
  });

  it.each(['a,vic@x.test', 'g:vic@x.test', '(c)vic@x.test'])(
    'to %s goes to nobody who was not meant',
    async (email) => {
      await mailer().send('reset-password', { ...sent, email }, 'acme');
      expect(received.match(/RCPT TO:.*/g)).toEqual([expect.not.stringMatching(/<vic@x\.test>/)]);
    },
  );

  it("holds a link to the tenant's own pages, its token where no server sees it", async () => {
    await mailer('https://{tenant}.example.com/').send('verify-email', sent, 'acme');
    expect(received).toContain('https://acme.example.com/verify-email#token=');
  });

  it('that no server takes is an error', async () => {
    const refused = new Mailer({ SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'x@y.test' }, log);
    await expect(refused.send('reset-password', sent, 'acme')).rejects.toThrow(/ECONNREFUSED/);
  });
});
