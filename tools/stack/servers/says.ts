import { connect } from 'node:net';

/** Whether what listens on `port` of 127.0.0.1, having been sent `text`, says something that matches, within 2 s. */
export function says(port: number, text: string, wanted: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => text && socket.write(text));
    socket.on('data', (bytes) => {
      heard += bytes.toString('utf8');
      if (wanted.test(heard)) end(true);
    });
    for (const event of ['error', 'timeout', 'close']) socket.on(event, () => end(false));
  });
}
