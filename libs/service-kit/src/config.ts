import { z } from 'zod';

/** Raised when the environment cannot be used; the message names each variable, what is wrong, and never its value. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig';
}

/**
 * Reads a service's settings from the environment, once, at the start.
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
      .map((name) => [name, environment[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(known);
  if (result.success) return Object.freeze(result.data);
  const faults = result.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? '(environment)');
    return `  ${name}: ${name in known ? issue.message : 'is not set'}`;
  });
  throw new InvalidConfig(`These settings are missing or wrong:\n${faults.join('\n')}`);
}

/** A whole number from a variable. */
export const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

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

const placeholders = /^(change-?me|secret|password|example|placeholder|default|test)/i;

/** A 256-bit key as base64. Refused when short, when all bytes are alike, or when it is a known placeholder. */
export const masterKey = z.string().transform((value, context) => {
  const bytes = Buffer.from(value, 'base64');
  if (placeholders.test(value) || bytes.length !== 32 || new Set(bytes).size < 8) {
    context.addIssue({ code: 'custom', message: 'must be 32 random bytes in base64 (openssl rand -base64 32)' });
    return z.NEVER;
  }
  return bytes;
});
