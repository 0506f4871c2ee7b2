import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { LOG, type Log, ServiceError } from '@tenantry/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asProblemError, sendProblem } from './problem.js';
import { RouteTable } from './route-table.js';

/** The one place at the edge that turns an error into an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    @Inject(LOG) private readonly log: Log,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = this.namingMethods(asProblemError(thrown), request, reply);
    if (error.status >= 500) this.tell(error, request.id);
    sendProblem(error, request, reply);
  }

  /** What passes by itself is no defect: in an outage there would be an error for every request. */
  private tell(error: ServiceError, requestId: string): void {
    const { code, status, message, cause } = error;
    if (status === 500) this.log.error({ err: cause ?? error, code, requestId }, message);
    else this.log.warn({ code, requestId, because: cause instanceof Error ? cause.message : undefined }, message);
  }

  /** An unknown route that is known by another method is 405 and says which (RFC 9110, 15.5.6). */
  private namingMethods(error: ServiceError, { method, url }: FastifyRequest, reply: FastifyReply): ServiceError {
    if (error.code !== 'not-found' || reply.request.routeOptions.url) return error;
    const allowed = this.routes.methodsOf(url);
    if (allowed.length === 0 || allowed.includes(method)) return error;
    reply.header('allow', allowed.join(', '));
    return new ServiceError('method-not-allowed', `This route has no ${method}.`);
  }
}
