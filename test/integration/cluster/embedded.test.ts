import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type EmbeddedRedis,
  EmbeddedRedisFailed,
  findEmbeddedRedis,
  findRedisServer,
  RedisServerMissing,
  startEmbeddedRedis,
} from '../../../src/cluster/embedded';
import { until } from '../../setup/until';

let scratch: string;
let starterProgram: string;
let folder: string;
const pids = new Set<number>();
const connections: Redis[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'distcomp-embedded-'));
  starterProgram = join(scratch, 'starter.cjs');
  await build({
    stdin: {
      contents: `import { startEmbeddedRedis } from './embedded';
        startEmbeddedRedis(process.argv[2]).then(
          ({ pid, address, shared }) => console.log(JSON.stringify({ pid, address, shared })),
          error => { console.error(error.message); process.exitCode = 1; });`,
      resolveDir: join(import.meta.dirname, '../../../src/cluster'),
    },
    bundle: true,
    platform: 'node',
    outfile: starterProgram,
  });
});
afterAll(() => rm(scratch, { recursive: true }));

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.disconnect();
  for (const pid of pids) {
    if (alive(pid)) process.kill(pid, 'SIGKILL');
    await until(() => !alive(pid));
  }
  pids.clear();
});

let folders = 0;
const newFolder = () => {
  folder = join(scratch, `folder ${++folders} "quoted" ü`);
  return folder;
};
/** Of its append-only files the one that it writes to. */
const growingFile = async () => {
  const files = join(folder, 'appendonlydir');
  const growing = (await readdir(files)).filter(name => name.endsWith('.incr.aof'));
  return join(files, growing.sort().at(-1) ?? '');
};
const written = async () => readFile(await growingFile(), 'latin1');
const start = async (where = folder) => {
  const redis = await startEmbeddedRedis(where);
  pids.add(redis.pid);
  return redis;
};
const connection = ({ address }: Pick<EmbeddedRedis, 'address'>) => {
  const { host = '', port = 0, password = '' } = address;
  const redis = new Redis({ host, port, password, retryStrategy: () => null });
  redis.on('error', () => undefined);
  connections.push(redis);
  return redis;
};
const startInOtherProcess = async (where = folder) => {
  const child = spawn(process.execPath, [starterProgram, where]);
  let said = '';
  child.stdout.on('data', data => {
    said += data;
  });
  child.stderr.on('data', data => {
    said += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(said);
  const redis = JSON.parse(said) as Pick<EmbeddedRedis, 'pid' | 'address' | 'shared'>;
  pids.add(redis.pid);
  return redis;
};
/** What nobody has collected yet (state Z) has ended. */
const alive = (pid: number) => {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z';
  return !stat.includes(') Z');
};
const kill = async (pid: number) => {
  process.kill(pid, 'SIGKILL');
  await until(() => !alive(pid));
};
const lockPath = async () => {
  const locks = (await readdir(folder)).filter(name => /^redis\.\d+\.json$/.test(name));
  const newest = locks.map(name => Number(name.split('.')[1])).sort((a, b) => b - a)[0];
  return join(folder, `redis.${newest}.json`);
};
type LockedProcess = { pid: number; startedAt: string; bootId: string; host: string };
const editLock = async (edit: (server: LockedProcess, starter: LockedProcess) => void) => {
  const path = await lockPath();
  const lock = JSON.parse(await readFile(path, 'utf8'));
  edit(lock.server.process, lock.starter);
  await writeFile(path, JSON.stringify(lock));
};

describe('the embedded Redis', () => {
  it('answers to its password alone, on the loopback alone, and keeps what it was told', async () => {
    const redis = await start(newFolder());
    expect(redis.shared).toBe(false);
    expect(redis.version).toMatch(/^\d+\.\d+\.\d+$/);
    const client = connection(redis);
    const settings: Record<string, string> = {};
    for (const name of ['bind', 'appendonly', 'appendfsync', 'maxmemory-policy', 'save', 'dir']) {
      const [, value = ''] = (await client.config('GET', name)) as string[];
      settings[name] = value;
    }
    expect(settings).toEqual({
      bind: '127.0.0.1',
      appendonly: 'yes',
      appendfsync: 'everysec',
      'maxmemory-policy': 'noeviction',
      save: '',
      dir: folder,
    });
    const stranger = connection({ address: { ...redis.address, password: 'guess' } });
    await expect(stranger.ping()).rejects.toThrow();

    await client.set('kept', '1');
    await redis.stop();
    expect(alive(redis.pid)).toBe(false);
    const again = await start();
    expect(await connection(again).get('kept')).toBe('1');
    expect(again.shared).toBe(false);
  });

  it('shows its password in no argument, and in no file that others may read', async () => {
    const redis = await start(newFolder());
    const password = redis.address.password ?? '';
    expect(password.length).toBeGreaterThan(40);
    for (const what of ['cmdline', 'environ']) {
      const text = await readFile(`/proc/${redis.pid}/${what}`, 'utf8');
      expect(text).not.toContain(password);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const withPassword: string[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!entry.isFile() || !(await readFile(path, 'utf8')).includes(password)) continue;
      withPassword.push(entry.name);
      expect((await stat(path)).mode & 0o777, entry.name).toBe(0o600);
    }
    expect(withPassword).toContain('redis.conf');
  });

  it('closes a folder that was open to others', async () => {
    await mkdir(newFolder(), { mode: 0o755 });
    await chmod(folder, 0o755);
    await start();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('is shared by whoever asks for its folder, and outlives who started it', async () => {
    newFolder();
    expect(await findEmbeddedRedis(folder)).toBeUndefined();
    const first = await startInOtherProcess();
    expect(first.shared).toBe(false);
    const second = await start();
    expect(second).toMatchObject({ pid: first.pid, address: first.address, shared: true });
    expect(await findEmbeddedRedis(folder)).toMatchObject({ pid: first.pid });
    await second.stop();
    expect(alive(first.pid)).toBe(false);
    expect(await findEmbeddedRedis(folder)).toBeUndefined();
  });

  it('is one server when several processes start it at once, over a stale lock too', async () => {
    newFolder();
    for (let round = 0; round < 3; round++) {
      const starts = Array.from({ length: 4 }, () => startInOtherProcess());
      const servers = await Promise.all([...starts, start()]);
      expect(new Set(servers.map(server => server.pid)).size).toBe(1);
      expect(servers.filter(server => !server.shared)).toHaveLength(1);
      expect(await serversIn(folder)).toHaveLength(1);
      await kill(servers[0]?.pid ?? 0);
    }
  });

  it('comes back in its place, with its data, after it was killed', async () => {
    const redis = await start(newFolder());
    const client = connection(redis);
    await client.set('kept', '1');
    // What redis-server has answered it has written; only the disk may lag.
    await kill(redis.pid);
    const again = await start();
    expect(again.shared).toBe(false);
    expect(again.address).toEqual(redis.address);
    expect(await connection(again).get('kept')).toBe('1');
  });

  it('takes another port when the one it had is in use', async () => {
    const redis = await start(newFolder());
    await redis.stop();
    const squatter = createServer().listen(redis.address.port, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const again = await start();
      expect(again.address.port).not.toBe(redis.address.port);
      expect(await connection(again).ping()).toBe('PONG');
    } finally {
      squatter.close();
    }
  });

  it('does not take another process with its number for the server', async () => {
    const redis = await start(newFolder());
    await redis.stop();
    await editLock(server => {
      server.pid = process.pid;
    });
    const again = await start();
    expect(again.shared).toBe(false);
    expect(again.pid).not.toBe(process.pid);
  });

  it('does not believe a lock from before a reboot', async () => {
    const redis = await start(newFolder());
    await redis.stop();
    const start22 = (await readFile(`/proc/${process.pid}/stat`, 'utf8')).split(' ')[21] ?? '';
    await editLock((server, starter) => {
      Object.assign(server, { pid: process.pid, startedAt: start22, bootId: 'another' });
      Object.assign(starter, { bootId: 'another' });
    });
    expect((await start()).shared).toBe(false);
  });

  it('is not started twice on a folder that another machine uses', async () => {
    const redis = await start(newFolder());
    await redis.stop();
    await editLock((...processes) => {
      for (const each of processes) Object.assign(each, { bootId: 'another', host: 'node7' });
    });
    await expect(start()).rejects.toThrow(/started on node7.*remove .*redis\.1\.json/s);
  });

  it('starts over a lock that is no lock any more', async () => {
    const redis = await start(newFolder());
    await redis.stop();
    await writeFile(await lockPath(), '{"starter"');
    expect((await start()).shared).toBe(false);
  });

  it('answers only when its append-only file is loaded', async () => {
    const redis = await start(newFolder());
    const client = connection(redis);
    const value = 'x'.repeat(1000);
    for (let round = 0; round < 20; round++) {
      const pipeline = client.pipeline();
      for (let key = 0; key < 5000; key++) pipeline.set(`key:${round}:${key}`, value);
      await pipeline.exec();
    }
    // Redis answers before it has written, while the disk still has what it wrote before.
    const isWritten = async () =>
      (await client.info('persistence')).includes('\r\naof_buffer_length:0\r\n');
    await until(isWritten, { describe: 'all to be in the file' });
    await kill(redis.pid);
    const again = await start();
    expect(await connection(again).dbsize()).toBe(100_000);
  });

  it('does no half of what its file was cut within, however often it starts', async () => {
    const redis = await start(newFolder());
    const client = connection(redis);
    await client.set('before', '1');
    const many = "for i = 1, 5 do redis.call('HSET', 'script', i, 'v') end";
    await client.eval(many, 0);
    // Redis answers before it has written, while the disk still has what it wrote before.
    await until(async () => (await written()).includes('script'));
    await kill(redis.pid);
    const last = await growingFile();
    const { size } = await stat(last);
    // Within the fourth of the five commands.
    await truncate(last, size - 60);
    const again = await start();
    await connection(again).set('after', '1');
    await until(async () => (await written()).includes('after'));
    await kill(again.pid);
    const third = await start();
    expect((await connection(third).keys('*')).sort()).toEqual(['after', 'before']);
  });

  it('says what the server said when it cannot start, and starts once that is put right', async () => {
    const redis = await start(newFolder());
    await redis.stop();
    const manifest = join(folder, 'appendonlydir', 'appendonly.aof.manifest');
    const good = await readFile(manifest);
    await writeFile(manifest, 'nonsense\n');
    const failure = await start().catch(error => error);
    expect(failure).toBeInstanceOf(EmbeddedRedisFailed);
    expect(failure.message).toContain(`could not start in ${folder}`);
    expect(failure.message).toMatch(/appendonly|AOF|manifest/);
    await writeFile(manifest, good);
    expect((await start()).shared).toBe(false);
  });
});

describe('the program of the embedded Redis', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });
  const program = async (version: string, name = 'redis-server') => {
    const bin = await mkdtemp(join(scratch, 'bin-'));
    await writeFile(join(bin, name), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
    return bin;
  };

  it('is the one in PATH', async () => {
    const bin = await program('Server v=8.1.3 sha=00000000:0 Valkey malloc=libc', 'valkey-server');
    process.env.PATH = [join(scratch, 'nowhere'), bin, path].join(delimiter);
    expect(await findRedisServer()).toEqual({
      path: join(bin, 'valkey-server'),
      flavour: 'valkey-server',
      version: '8.1.3',
    });
  });

  it('is not one that is too old while there is another', async () => {
    process.env.PATH = [await program('Redis server v=5.0.7 sha=0'), path].join(delimiter);
    expect((await findRedisServer())?.version).not.toBe('5.0.7');
  });

  it('is refused when it is too old', async () => {
    process.env.PATH = await program('Redis server v=5.0.7 sha=0');
    await expect(start(newFolder())).rejects.toThrow(/is version 5\.0\.7: 6\.2 or newer is needed/);
  });

  it('may be missing, which is told with the command that installs it', async () => {
    process.env.PATH = join(scratch, 'nowhere');
    const failure = await start(newFolder()).catch(error => error);
    expect(failure).toBeInstanceOf(RedisServerMissing);
    expect(failure.message).toMatch(/^No redis-server or valkey-server found\. Install one: ./);
    expect(existsSync(join(folder, 'redis.conf'))).toBe(false);
  });
});

/** Server processes whose working folder this is. */
async function serversIn(where: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (cwd === where) found.push(pid);
  }
  return found;
}
