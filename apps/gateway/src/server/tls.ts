import { readFileSync } from 'node:fs';
import type { GatewayConfig } from '../config.js';

/** What the server needs to speak TLS by itself; nothing where a proxy before it does. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/** @throws Error naming the variable that is wrong: one without the other, or a file that cannot be read. */
export function readTls({ TLS_CERT_FILE, TLS_KEY_FILE, HTTP2 }: GatewayConfig): Tls | undefined {
  if (!TLS_CERT_FILE && !TLS_KEY_FILE) {
    if (HTTP2 === 'on') throw new Error('HTTP2: clients agree on it within TLS; set TLS_CERT_FILE and TLS_KEY_FILE');
    return undefined;
  }
  if (!TLS_CERT_FILE) throw new Error('TLS_CERT_FILE: is not set, but TLS_KEY_FILE is');
  if (!TLS_KEY_FILE) throw new Error('TLS_KEY_FILE: is not set, but TLS_CERT_FILE is');
  return {
    cert: read('TLS_CERT_FILE', TLS_CERT_FILE),
    key: read('TLS_KEY_FILE', TLS_KEY_FILE),
    minVersion: 'TLSv1.2',
  };
}

function read(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${variable}: the file cannot be read`, { cause });
  }
}
