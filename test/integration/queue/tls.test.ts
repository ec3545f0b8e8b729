import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, speaksTls } from '../../../src/queue/connection';
import { programs } from '../../setup/bundle';
import { startTlsRedis, type TlsRedis } from '../../setup/tlsRedis';

let server: TlsRedis;
let port: number;

beforeAll(async () => {
  server = await startTlsRedis();
  ({ port } = server);
});
afterAll(() => server?.stop());

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
    const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: server.certificate };
    const url = `rediss://127.0.0.1:${port}`;
    const args = [cli, 'status', '--json', '--redis', url];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: tmpdir() });
    expect(JSON.parse(stdout)).toMatchObject({ todo: 0 });
  });
});
