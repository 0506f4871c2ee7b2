import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { currentRequest } from './request-context.js';

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
      redact: { paths: secrets, censor: '[redacted]' },
      mixin: () => {
        const request = currentRequest();
        return request
          ? {
              requestId: request.requestId,
              ...(request.caller.tenantId ? { tenantId: request.caller.tenantId } : {}),
              ...(request.traceparent ? { traceId: request.traceparent.slice(3, 35) } : {}),
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
