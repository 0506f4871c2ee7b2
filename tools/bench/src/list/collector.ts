import { createServer } from 'node:http';
import { freePort } from '@tenantry/stack/ports.ts';

/** Takes traces as a collector does, and keeps none: what is measured is the cost of making and sending them. */
export async function startCollector(owned: AsyncDisposableStack): Promise<string> {
  const port = await freePort();
  const server = createServer((request, response) => request.resume().on('end', () => response.end()));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  owned.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}`;
}
