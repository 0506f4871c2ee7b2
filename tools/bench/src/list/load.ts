import { Client, type Dispatcher } from 'undici';
import { serveParent } from '../harness/parent.ts';

/** What the parent asks for: keep every connection busy with one GET after the other. */
export interface HttpLoad {
  readonly origin: string;
  readonly path: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface HttpLoadAnswer {
  readonly requests: number;
  readonly seconds: number;
}

/** As many clients as this seem to stand behind one proxy: the limit by address is counted for each. */
const clientAddresses = 200;
const smallestList = 1000;

/** One request; nothing is kept of the answer but that it was good and long enough to be the list. */
function get(client: Client, options: Dispatcher.DispatchOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let bytes = 0;
    client.dispatch(options, {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, code) => void (status = code),
      onResponseData: (_controller, chunk) => void (bytes += chunk.length),
      onResponseEnd: () => {
        if (status === 200 && bytes >= smallestList) resolve();
        else reject(new Error(`answered ${status} with ${bytes} bytes`));
      },
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

async function run({ origin, path, token, connections, seconds }: HttpLoad): Promise<HttpLoadAnswer> {
  const clients = Array.from({ length: connections }, () => new Client(origin, { pipelining: 1 }));
  let requests = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  const lane = async (client: Client, index: number): Promise<void> => {
    for (let round = index; performance.now() < end; round += connections) {
      const headers = {
        authorization: `Bearer ${token}`,
        'x-forwarded-for': `203.0.113.${round % clientAddresses}`,
      };
      await get(client, { path, method: 'GET', headers });
      requests++;
    }
  };
  try {
    await Promise.all(clients.map(lane));
    return { requests, seconds: (performance.now() - start) / 1000 };
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}

serveParent(run);
