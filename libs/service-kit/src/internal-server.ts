import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

const probed = (response: ServerResponse, isGood: boolean): void =>
  answer(response, isGood ? 200 : 503, isGood ? 'ok\n' : 'not ok\n');

/**
 * The one port that is never published: `GET /livez`, `GET /readyz` (200 or 503) and `GET /metrics`. Listens before anything else of the
 * process, so that what keeps it from starting can be seen.
 */
export function listenInternally(host: string, port: number, health: Health, metrics: Metrics): Promise<Server> {
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/livez':
        return void health.isAlive().then((isAlive) => probed(response, isAlive));
      case '/readyz':
        return probed(response, health.isReady);
      case '/metrics':
        return void metrics.page().then(
          (page) => answer(response, 200, page, metrics.contentType),
          () => answer(response, 500, 'the metrics could not be collected\n'),
        );
      default:
        return answer(response, 404, 'not found\n');
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
