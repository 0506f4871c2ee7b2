import { connect } from 'node:net';
import type { Answer, Stack } from '@tenantry/testing';

/** Sends bytes that no HTTP client would, and reads the answer until the connection ends. */
export function sendBytes(stack: Stack, bytes: string): Promise<Answer> {
  const { port } = new URL(stack.url);
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let received = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')));
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', text = ''] = received.split('\r\n\r\n', 2);
      const [statusLine = '', ...lines] = head.split('\r\n');
      const headers = Object.fromEntries(lines.map((line) => [nameIn(line), line.slice(line.indexOf(':') + 1).trim()]));
      const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
      const tookMs = performance.now() - sentAt;
      resolve({ status: Number(statusLine.split(' ')[1]), headers, text, body, tookMs });
    });
  });
}

const nameIn = (line: string): string => line.slice(0, line.indexOf(':')).toLowerCase();
