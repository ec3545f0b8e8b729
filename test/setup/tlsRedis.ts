import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './freePort';
import { startRedis } from './redis';

export interface TlsRedis {
  /** Where it speaks TLS only. */
  port: number;
  /** The same server without TLS. */
  url: string;
  socket: string;
  /** Of its certificate, which it signed itself. */
  certificate: string;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** A real Redis on 127.0.0.1 with a port that speaks TLS. */
export async function startTlsRedis(): Promise<TlsRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-tls-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ]);
  const port = await freePort();
  const server = await startRedis({
    settings: {
      'tls-port': String(port),
      'tls-cert-file': certificate,
      'tls-key-file': key,
      'tls-ca-cert-file': certificate,
      'tls-auth-clients': 'no',
    },
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, url: server.url, socket: server.socket, certificate, stop };
}
