import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { MasterKeys } from './secrets.js';

/** Raised when the environment cannot be used; the message names each variable, what is wrong, and never its value. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig';
}

/**
 * Reads a service's settings from the environment, once, at the start. Any of them may stand in a file instead, named by the variable with
 * `_FILE` behind it (`MASTER_KEY_FILE=/run/secrets/master-key`), so that no secret is in the environment; a line break at its end does not count.
 *
 * @param schema an object schema whose keys are the variables' names; an empty variable counts as unset.
 * @returns the parsed settings, frozen.
 * @throws InvalidConfig naming every variable that is missing or wrong.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<z.output<Schema>> {
  const known = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, valueOf(name, environment)] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(known);
  if (result.success) return Object.freeze(result.data);
  const faults = result.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? '(environment)');
    return `${name}: ${name in known ? issue.message : 'is not set'}`;
  });
  throw refused(faults);
}

const refused = (faults: readonly string[]): InvalidConfig =>
  new InvalidConfig(`These settings are missing or wrong:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);

function valueOf(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const given = environment[name] || undefined;
  const inFile = `${name}_FILE`;
  const path = environment[inFile];
  if (!path) return given;
  if (given !== undefined) throw refused([`${inFile}: is set, and so is ${name}`]);
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw refused([`${inFile}: the file cannot be read`]);
  }
}

/** A whole number from a variable. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** A TCP port from a variable. */
export const port = wholeNumber(1, 65_535);

/** What every process of Tenantry reads, gateway included. */
export const CommonConfig = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Names this process among its equals, in logs and keys. */
  INSTANCE: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/i, 'must be 1 to 63 letters, digits or hyphens')
    .optional(),
  NATS_URL: z.string().min(1),
  NATS_USER: z.string().min(1),
  NATS_PASSWORD: z.string().min(1),
  NATS_CA_FILE: z.string().optional(),
  /** Where probes are answered; internal, never published. */
  HEALTH_HOST: z.string().default('127.0.0.1'),
  HEALTH_PORT: port.default(8080),
  /** Requests worked on at once; more are answered `overloaded`. */
  MAX_IN_FLIGHT: wholeNumber(1, 100_000).default(512),
  /** Whether replies are checked against their contract: costs time, so on in development and tests only. */
  CHECK_REPLIES: z.stringbool().optional(),
});
export type CommonConfig = z.output<typeof CommonConfig>;

const keyBytes = 32;
const strictBase64 = /^[A-Za-z0-9+/]{43}=$/;
const placeholder = /^(change-?me|secret|password|example|placeholder|default|test)/i;

/** Neither few values, over and over, nor values in order. */
function varies(bytes: Buffer, least: number): boolean {
  const steps = new Set(Array.from(bytes, (byte, at) => byte - (bytes[at - 1] ?? 0)));
  return new Set(bytes).size >= least && steps.size >= least;
}

/** Of 32 random bytes, fewer than 16 different ones, or no unprintable one, come up less than once in 10^14. */
function looksRandom(bytes: Buffer): boolean {
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return varies(bytes, 16) && !isText;
}

/**
 * Whether a key that is a text could be random: no known placeholder, not repeated, not in order. Of 32 random digits, be they hexadecimal, fewer
 * than 8 different ones come up less than once in 10^7.
 */
export const looksRandomText = (text: string): boolean => !placeholder.test(text) && varies(Buffer.from(text), 8);

/** A 256-bit key as base64. Refused when it is no random key: too short, repeated, in order, a sentence, a known placeholder. */
export const masterKey = z.string().transform((value, context) => {
  const bytes = Buffer.from(value, 'base64');
  if (!strictBase64.test(value) || placeholder.test(value) || bytes.length !== keyBytes || !looksRandom(bytes)) {
    context.addIssue({ code: 'custom', message: 'must be 32 random bytes in base64 (openssl rand -base64 32)' });
    return z.NEVER;
  }
  return bytes;
});

/** The master keys of a process: the present one, and the one before while what that one has wrapped is wrapped anew. */
export const masterKeysOf = (config: { MASTER_KEY: Buffer; MASTER_KEY_PREVIOUS?: Buffer | undefined }): MasterKeys =>
  config.MASTER_KEY_PREVIOUS ? [config.MASTER_KEY, config.MASTER_KEY_PREVIOUS] : config.MASTER_KEY;
