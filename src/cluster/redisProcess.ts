/** One redis-server program of ours: its configuration file, its start, and whether it answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { identify, liveness, type ProcessIdentity, signal } from '../host/process';

/** How to reach a server, and which process it is. */
export interface RunningServer {
  process: ProcessIdentity;
  port: number;
  password: string;
}

const LOG = 'redis.log';
const POLL_MS = 20;
/** One question may hang on a port where something else listens; the process may have ended meanwhile. */
const ASK_MS = 1_000;
const SILENT_MS = 20_000;
const SHUTDOWN_MS = 20_000;

/** Starts the program, detached, and returns as soon as it is a process. */
export async function spawnServer(
  program: string,
  folder: string,
  port: number,
  password: string,
): Promise<RunningServer> {
  const conf = join(folder, 'redis.conf');
  await writeFile(conf, configuration(folder, port, password), { mode: 0o600 });
  // Its log is what it prints: what is wrong with a configuration is only printed.
  const log = await open(join(folder, LOG), 'w', 0o600);
  const stdio = ['ignore' as const, log.fd, log.fd];
  const child = spawn(program, [conf], { cwd: folder, detached: true, stdio });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  child.unref();
  return { process: await identify(child.pid ?? 0), port, password };
}

function configuration(folder: string, port: number, password: string): string {
  return [
    'bind 127.0.0.1',
    'protected-mode yes',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    `dir ${quoted(folder)}`,
    'save ""',
    'appendonly yes',
    'appendfsync everysec',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

/** As redis.conf reads a value with blanks, quotes or bytes beyond ASCII. */
function quoted(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text)) {
    const plain = byte > 0x1f && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    result += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `"${result}"`;
}

/**
 * Waits until the server answers and has loaded its append-only file, however long that is.
 * `ended`: the process is gone. `silent`: it lives and has not answered for 20 seconds.
 */
export async function untilReady(server: RunningServer): Promise<'ready' | 'ended' | 'silent'> {
  let silentSince: number | undefined;
  for (;;) {
    const answer = await ask(server);
    if (answer === 'ready') return 'ready';
    if ((await liveness(server.process)) === 'gone') return 'ended';
    if (answer === 'loading') silentSince = undefined;
    else {
      silentSince ??= performance.now();
      if (performance.now() - silentSince > SILENT_MS) return 'silent';
    }
    await sleep(POLL_MS);
  }
}

/** `no`: nothing listens there, or something else, or it hangs. */
async function ask(server: RunningServer): Promise<'ready' | 'loading' | 'no'> {
  try {
    return await withConnection(server, ASK_MS, async redis => {
      await redis.ping();
      return 'ready' as const;
    });
  } catch (error) {
    return (error as Error).message.startsWith('LOADING') ? 'loading' : 'no';
  }
}

const REWRITE_MS = 20_000;

/**
 * A server that found the end of its file cut within a transaction leaves the beginning of that in it, and would
 * do half of it at its next start, and lose what came after it (Valkey's pull request 4342). So a file that
 * it had to cut is written anew; while that goes on, the one before stays as it is.
 */
export async function mendFile(server: RunningServer, folder: string): Promise<void> {
  const said = await readFile(join(folder, LOG), 'utf8');
  if (!said.includes('Truncating the AOF')) return;
  await withConnection(server, ASK_MS, async redis => {
    await redis.config('SET', 'appendonly', 'no');
    await redis.config('SET', 'appendonly', 'yes');
    const deadline = performance.now() + REWRITE_MS;
    while (!(await isFileWritten(redis)) && performance.now() < deadline) await sleep(POLL_MS);
  });
}

/** Whether no rewriting of its append-only file is under way, or waits to be. */
export async function isFileWritten(redis: {
  info(section: string): Promise<string>;
}): Promise<boolean> {
  const told = await redis.info('persistence');
  return /^aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/m.test(told);
}

/** Lets the server write what it has and end; returns when the process is gone. */
export async function shutDown(server: RunningServer): Promise<void> {
  await withConnection(server, SHUTDOWN_MS, async redis => {
    // Its answer is the end of the connection.
    await redis.shutdown().catch(() => undefined);
  }).catch(() => signal(server.process, 'SIGTERM'));
  if (await goneWithin(server.process, SHUTDOWN_MS)) return;
  await signal(server.process, 'SIGTERM');
  if (await goneWithin(server.process, SHUTDOWN_MS)) return;
  const { pid } = server.process;
  throw new Error(`redis-server (process ${pid}) does not end. End it with: kill -9 ${pid}`);
}

async function goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while ((await liveness(identity)) === 'running') {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

async function withConnection<T>(
  { port, password }: RunningServer,
  timeoutMs: number,
  use: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis({
    host: '127.0.0.1',
    port,
    password,
    connectionName: 'distcomp-embedded',
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The reason arrives here, before the promise fails with a bare "Connection is closed".
  let reason: Error | undefined;
  redis.on('error', error => {
    reason ??= error;
  });
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    throw reason ?? error;
  } finally {
    // Closing what is closed would keep a timer for two seconds.
    if (redis.status !== 'end') redis.disconnect();
  }
}

/** The end of what the server printed, for the message of one that cannot start. */
export async function lastLogLines(folder: string): Promise<string> {
  const text = await readFile(join(folder, LOG), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-5).join('\n');
}
