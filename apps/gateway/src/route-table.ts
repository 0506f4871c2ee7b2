import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';

/** Which methods each path has: asked only for requests that fit no route. */
@Injectable()
export class RouteTable {
  private readonly router = findMyWay();
  private readonly methods = new Set<HTTPMethod>();

  /** Notes each route that is added to the server from now on. */
  follow(server: FastifyInstance): void {
    server.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat() as HTTPMethod[]) {
        this.methods.add(one);
        if (!this.router.hasRoute(one, url)) this.router.on(one, url, () => undefined);
      }
    });
  }

  methodsOf(url: string): string[] {
    return [...this.methods].filter((method) => this.router.find(method, url.split('?', 1)[0] ?? '/')).sort();
  }
}
