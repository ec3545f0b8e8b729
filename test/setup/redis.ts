/**
 * A real redis-server for one test file or suite: loopback and unix socket, data in a folder of its
 * own. Nothing of it survives the process that started it, even one that was killed.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until';

export interface TestRedisOptions {
  /** Required of every connection. */
  password?: string;
  /** Keep every write on disk, so that nothing is lost by `kill()` and `restart()`. Default false. */
  appendonly?: boolean;
  /** A sentinel instead, whose `settings` say what it watches. Default false. */
  sentinel?: boolean;
  /** More lines of redis.conf, as `{ 'maxmemory-policy': 'noeviction' }`. */
  settings?: Record<string, string>;
  /** Of its process, besides this one's. */
  environment?: Record<string, string>;
}

export interface TestRedis {
  /** `redis://127.0.0.1:PORT`, with the password if there is one. The same after `restart()`. */
  readonly url: string;
  readonly port: number;
  /** Path of its unix socket. */
  readonly socket: string;
  readonly password?: string;
  /** Where its data is. */
  readonly folder: string;
  /** Of the running server; another one after `restart()`. */
  readonly pid: number;
  /** A connection to it, closed by `stop()`. It reconnects after `restart()`. */
  client(): Redis;
  /** Ends the server at once, as a crash would. The data of the last SAVE, or the append-only file, stay. */
  kill(): Promise<void>;
  /** Starts it again on the same port. A running server saves its data first. */
  restart(): Promise<void>;
  /** Ends the server, closes the connections and removes the data. */
  stop(): Promise<void>;
}

/** Starts a server and returns when it answers. Throws with the server's log when it cannot start. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-redis-'));
  const socket = join(folder, 'redis.sock');
  const clients: Redis[] = [];
  let { port, server } = await startOnAnyPort(folder, options);
  const credentials = options.password ? `:${encodeURIComponent(options.password)}@` : '';
  const url = `redis://${credentials}127.0.0.1:${port}`;

  const client = () => {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    // While the server is away there are errors by intent; commands wait for it.
    connection.on('error', () => undefined);
    clients.push(connection);
    return connection;
  };
  const kill = () => server.kill();
  const restart = async () => {
    if (server.alive()) await shutDownSaving(socket, options.password);
    await server.ended();
    server = await start(folder, port, options);
  };
  const stop = async () => {
    for (const connection of clients) connection.disconnect();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url,
    port,
    socket,
    folder,
    ...(options.password === undefined ? {} : { password: options.password }),
    get pid() {
      return server.pid;
    },
    client,
    kill,
    restart,
    stop,
  };
}

interface Server {
  pid: number;
  alive(): boolean;
  kill(): Promise<void>;
  /** Resolves when the process is gone and its guard with it. */
  ended(): Promise<void>;
}

class PortTaken extends Error {}

async function startOnAnyPort(folder: string, options: TestRedisOptions) {
  for (;;) {
    // Under the range of outgoing connections (32768 and up): none can take it during a restart.
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      return { port, server: await start(folder, port, options) };
    } catch (error) {
      if (error instanceof PortTaken) continue;
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

async function start(folder: string, port: number, options: TestRedisOptions): Promise<Server> {
  const log = join(folder, 'redis.log');
  const conf = join(folder, 'redis.conf');
  const socket = join(folder, 'redis.sock');
  await writeFile(conf, configuration(folder, port, options), { mode: 0o600 });
  // Its log is what it prints, since what is wrong with its configuration is only printed.
  const output = await open(log, 'w');
  const stdio: StdioOptions = ['ignore', output.fd, output.fd];
  const args = options.sentinel ? [conf, '--sentinel'] : [conf];
  const env = { ...process.env, ...options.environment };
  const child = spawn('redis-server', args, { stdio, env, detached: true });
  // From the start: a server that refuses its configuration is gone in a moment.
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  await once(child, 'spawn').finally(() => output.close());
  const server = guarded(child, exited, folder);
  const settled = async () => !server.alive() || (await answers(socket, options.password));
  await until(settled, { describe: 'redis-server to answer' }).catch(async error => {
    await server.kill();
    throw error;
  });
  if (server.alive()) return server;
  await server.ended();
  const said = await readFile(log, 'utf8');
  if (said.includes('Address already in use')) throw new PortTaken();
  throw new Error(`redis-server ended at once. Its log:\n${said}`);
}

function configuration(folder: string, port: number, options: TestRedisOptions): string {
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    port: String(port),
    unixsocket: join(folder, 'redis.sock'),
    dir: folder,
    // Only an explicit SAVE writes a snapshot.
    ...(options.sentinel ? {} : { save: '""', appendonly: options.appendonly ? 'yes' : 'no' }),
    ...(options.password ? { requirepass: JSON.stringify(options.password) } : {}),
    ...options.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

/**
 * A `sh` that reads from a pipe of ours: at its end (this process is gone, however it went) it
 * ends the server and removes its data. It goes with the server: it must never signal a number that
 * may belong to another process by then.
 */
function guarded(child: ChildProcess, exited: Promise<unknown>, folder: string): Server {
  const pid = child.pid ?? 0;
  const script = 'read -r _; kill -KILL "$1"; rm -rf -- "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(pid), folder], {
    // Without the mark by which the end of a workbench finds its processes: this one has work then.
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const gone = Promise.all([once(guard, 'exit'), exited]);
  void exited.then(() => guard.kill('SIGKILL'));
  const alive = () => child.exitCode === null && child.signalCode === null;
  const ended = async () => {
    await gone;
  };
  const kill = () => {
    if (alive()) child.kill('SIGKILL');
    return ended();
  };
  return { pid, alive, kill, ended };
}

/** Asked on the unix socket: what answers there is our server, whoever else has the port. */
async function answers(socket: string, password: string | undefined): Promise<boolean> {
  if (!existsSync(socket)) return false;
  return withConnection(socket, password, async connection => (await connection.ping()) === 'PONG');
}

async function shutDownSaving(socket: string, password: string | undefined): Promise<void> {
  await withConnection(socket, password, async connection => {
    // The answer is the end of the connection.
    await connection.shutdown('SAVE').catch(() => undefined);
  });
}

async function withConnection<T>(
  path: string,
  password: string | undefined,
  use: (connection: Redis) => Promise<T>,
): Promise<T> {
  const connection = new Redis({
    path,
    ...(password === undefined ? {} : { password }),
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  connection.on('error', () => undefined);
  try {
    return await use(connection);
  } finally {
    connection.disconnect();
  }
}
