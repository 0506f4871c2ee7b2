import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { currentRequest } from './request-context.js';
import { traceIdOf } from './telemetry.js';

/** Keys that never reach a log, at the top and one level down. Tested by `log.test.ts`. */
const secrets = [
  'password',
  'passwordHash',
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'refreshToken',
  'context',
  'key',
  'masterKey',
  'secret',
].flatMap((key) => [key, `*.${key}`]);

export type Log = Logger;

/** Causes of causes of causes; also the end of an error that causes itself. */
const maxCauses = 5;

/**
 * An error as it may be logged: who, what, where, and why. Nothing else that a library hung on it, since drivers keep the query, its
 * parameters and the row there.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? undefined : error;
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: name,
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    stack,
    ...(cause !== undefined && depth < maxCauses ? { cause: describeError(cause, depth + 1) } : {}),
  };
}

/** Where {@link Log} is found in the container. */
export const LOG = Symbol('Log');

/** JSON lines with service, instance, and the ids of the request being worked on. */
export function createLog(
  options: { service: string; instance: string; level: string },
  destination: DestinationStream = pino.destination({ sync: false }),
): Log {
  return pino(
    {
      level: options.level,
      base: { service: options.service, instance: options.instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error) },
      redact: { paths: secrets, censor: '[redacted]' },
      mixin: () => {
        const request = currentRequest();
        return request
          ? {
              requestId: request.requestId,
              ...(request.caller.tenantId ? { tenantId: request.caller.tenantId } : {}),
              ...(request.traceparent ? { traceId: traceIdOf(request.traceparent) } : {}),
            }
          : {};
      },
    },
    destination,
  );
}

/** Lets Nest's own lines go through {@link Log}; its chatter of the start is debug. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.target.debug({ from: rest.at(-1) }, String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    const [stack] = rest;
    this.target.error(
      { from: rest.at(-1), ...(message instanceof Error ? { err: message } : { stack }) },
      String(message),
    );
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn({ from: rest.at(-1) }, String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.target.trace({ from: rest.at(-1) }, String(message));
  }
}
