import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, speaksTls } from '../../../src/queue/connection';
import { programs } from '../../setup/bundle';
import { startRedis, type TestRedis } from '../../setup/redis';

const run = promisify(execFile);

let folder: string;
let server: TestRedis;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distcomp-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]);
  port = await freePort();
  server = await startRedis({
    settings: {
      'tls-port': String(port),
      'tls-cert-file': cert,
      'tls-key-file': key,
      'tls-ca-cert-file': cert,
      'tls-auth-clients': 'no',
    },
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  await new Promise(resolve => listener.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

describe('a Redis behind TLS', () => {
  it('is told from one without, whatever the address says', async () => {
    expect(await speaksTls({ url: `redis://127.0.0.1:${port}` })).toBe(true);
    expect(await speaksTls({ host: '127.0.0.1', port })).toBe(true);
    expect(await speaksTls({ url: server.url })).toBe(false);
    expect(await speaksTls({ url: `rediss://127.0.0.1:${port}` })).toBe(false);
    expect(await speaksTls({ socket: server.socket })).toBe(false);
  });

  it('is refused with its reason when its certificate is not trusted', async () => {
    const connecting = connect({ url: `rediss://127.0.0.1:${port}` }, 'test');
    await expect(connecting).rejects.toThrow(
      `Cannot reach Redis at 127.0.0.1:${port}: self-signed certificate. Is it running, and reachable from this machine?`,
    );
  });

  it('is used when Node trusts its certificate', async () => {
    const { cli } = programs();
    const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') };
    const url = `rediss://127.0.0.1:${port}`;
    const args = [cli, 'status', '--json', '--redis', url];
    const { stdout } = await run(process.execPath, args, { env, cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ todo: 0 });
  });
});
