import { randomBytes } from 'node:crypto';
import { natsUsers, type NatsPasswords } from './servers/nats.ts';

/** 192 random bits. Begins with a letter, as nats.conf asks. */
export function newPassword(): string {
  return `pw${randomBytes(24).toString('base64url')}`;
}

export function newNatsPasswords(): NatsPasswords {
  return Object.fromEntries(natsUsers.map((user) => [user, newPassword()])) as NatsPasswords;
}
