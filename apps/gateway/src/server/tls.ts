import { readFileSync } from 'node:fs';
import type { Server } from 'node:tls';
import type { Log } from '@tenantry/service-kit';
import type { GatewayConfig } from '../config.js';

/** Certificates are renewed weeks before they end. */
const readAgainMs = 60_000;

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

/**
 * Reads the files again every `everyMs`: who connects after they were renewed gets the new certificate, and nobody is cut off. Files that do
 * not fit together are logged, and the certificate that was good serves on.
 */
export function followCertificate(server: Server, config: GatewayConfig, log: Log, everyMs = readAgainMs): void {
  let current = readTls(config);
  if (!current) return;
  const look = (): void => {
    try {
      const found = readTls(config)!;
      if (found.cert.equals(current!.cert) && found.key.equals(current!.key)) return;
      server.setSecureContext(found);
      current = found;
      log.info('serving a renewed certificate');
    } catch (err) {
      log.error({ err }, 'TLS_CERT_FILE and TLS_KEY_FILE cannot be used; the certificate before serves on');
    }
  };
  const timer = setInterval(look, everyMs).unref();
  server.once('close', () => clearInterval(timer));
}

function read(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`${variable}: the file cannot be read`, { cause });
  }
}
