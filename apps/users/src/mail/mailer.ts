import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import { createTransport } from 'nodemailer';
import type { UsersConfig } from '../config.js';
import { type Mail, mailOf, type MailPurpose } from './mails.js';

type Settings = Pick<UsersConfig, 'SMTP_URL' | 'MAIL_FOLDER' | 'MAIL_FROM' | 'MAIL_LINKS'>;

/** A mail server that does not answer holds up nobody for longer. */
const timeouts = { connectionTimeout: 5000, greetingTimeout: 5000, socketTimeout: 10_000 };

/** Sends mails: by SMTP, or as files into a folder on a machine that has no mail server. */
@Injectable()
export class Mailer {
  readonly #links: string | undefined;
  readonly #send: (mail: Mail) => Promise<void>;

  constructor(@Inject(CONFIG) settings: Settings, @Inject(LOG) log: Log) {
    const { SMTP_URL, MAIL_FOLDER, MAIL_FROM: from, MAIL_LINKS } = settings;
    this.#links = MAIL_LINKS;
    if (SMTP_URL) this.#send = bySmtp(SMTP_URL, from);
    else if (MAIL_FOLDER) this.#send = intoFolder(MAIL_FOLDER, from);
    else {
      log.warn('neither SMTP_URL nor MAIL_FOLDER is set: nobody can reset a forgotten password');
      this.#send = async () => log.warn('a mail was not sent: neither SMTP_URL nor MAIL_FOLDER is set');
    }
  }

  /** The mail that a token travels in, to somebody of the tenant `slug`. Raises what the mail server or the disk raises. */
  send(purpose: MailPurpose, { email, token }: { email: string; token: string }, slug: string): Promise<void> {
    return this.#send(mailOf(purpose, email, token, slug, this.#links));
  }
}

/** As it is: a text would be read as a list of addresses, with names and comments. */
const addressed = ({ to: address, ...mail }: Mail) => ({ to: { name: '', address }, ...mail });

function bySmtp(url: string, from: string): (mail: Mail) => Promise<void> {
  const transport = createTransport({ url, ...timeouts });
  return async (mail) => void (await transport.sendMail({ from, ...addressed(mail) }));
}

function intoFolder(folder: string, from: string): (mail: Mail) => Promise<void> {
  const transport = createTransport({ streamTransport: true, buffer: true });
  return async (mail) => {
    const { message, messageId } = await transport.sendMail({ from, ...addressed(mail) });
    await mkdir(folder, { recursive: true });
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${messageId.replace(/[^\w-]/g, '')}.eml`;
    await writeFile(join(folder, name), message as Buffer, { mode: 0o600 });
  };
}
