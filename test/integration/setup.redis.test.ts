import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive } from '../setup/processes';
import { startRedis, type TestRedis, type TestRedisOptions } from '../setup/redis';
import { until } from '../setup/until';

const started: TestRedis[] = [];
const start = async (options?: TestRedisOptions) => {
  const redis = await startRedis(options);
  started.push(redis);
  return redis;
};
afterEach(async () => {
  for (const redis of started.splice(0)) await redis.stop();
});

describe('a redis-server for tests', () => {
  it('asks for its password and leaves nothing behind when it stops', async () => {
    const redis = await start({ password: 'p@ss "quoted" wörd' });
    expect(await redis.client().ping()).toBe('PONG');
    const stranger = await start();
    expect(stranger.port).not.toBe(redis.port);
    await redis.stop();
    expect(isAlive(redis.pid)).toBe(false);
    expect(existsSync(dirname(redis.socket))).toBe(false);
  });

  it('comes back on its port with what was saved when it is killed', async () => {
    const redis = await start();
    const client = redis.client();
    await client.set('kept', '1');
    await client.save();
    await client.set('lost', '1');
    await redis.kill();
    await redis.restart();
    expect(await client.mget('kept', 'lost')).toEqual(['1', null]);
  });

  it('keeps every write when it restarts without a kill, or has an append-only file', async () => {
    const snapshot = await start();
    await snapshot.client().set('kept', '1');
    await snapshot.restart();
    expect(await snapshot.client().get('kept')).toBe('1');

    const appending = await start({ appendonly: true });
    await appending.client().set('kept', '1');
    await appending.kill();
    await appending.restart();
    expect(await appending.client().get('kept')).toBe('1');
  });

  it('says what redis-server said when it cannot start', async () => {
    await expect(startRedis({ settings: { nonsense: '1' } })).rejects.toThrow(/Bad directive/);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'distcomp-test-'));
    const program = join(folder, 'program.cjs');
    await build({
      stdin: {
        contents: `import { startRedis } from './redis';
          startRedis().then(({ pid, socket }) => console.log(JSON.stringify({ pid, socket })));`,
        resolveDir: join(import.meta.dirname, '../setup'),
      },
      bundle: true,
      platform: 'node',
      outfile: program,
    });
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { pid, socket } = JSON.parse(String(line)) as { pid: number; socket: string };
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await until(() => !isAlive(pid) && !existsSync(dirname(socket)), {
      describe: 'the server and its folder to be gone',
    });
    await rm(folder, { recursive: true });
  });
});
