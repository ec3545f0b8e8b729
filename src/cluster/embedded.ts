/**
 * Getting Redis and workers to run on this machine. Programs are started, never imported.
 *
 * The embedded Redis: the machine's own server program, started for DistComp alone in a folder of its
 * own. It outlives the process that started it; whoever asks for the same folder shares it.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, liveness, type ProcessIdentity, signal } from '../host/process';
import type { ServerAddress } from '../queue/address';
import { FolderLock, type LockEntry } from './folderLock';
import {
  lastLogLines,
  mendFile,
  type RunningServer,
  shutDown,
  spawnServer,
  untilReady,
} from './redisProcess';
import {
  examine,
  findRedisServer,
  isNewEnough,
  RedisServerMissing,
  type RedisServerProgram,
} from './redisServer';

export {
  findRedisServer,
  installHint,
  RedisServerMissing,
  type RedisServerProgram,
} from './redisServer';

export interface EmbeddedRedis {
  address: ServerAddress;
  version: string;
  flavour: string;
  pid: number;
  folder: string;
  /** Whether someone else had started it. */
  shared: boolean;
  /** Ends the server for everybody who shares it; returns when its process is gone. */
  stop(): Promise<void>;
}

/** There is a program, and it does not run or does not answer. The message ends with what it said. */
export class EmbeddedRedisFailed extends Error {
  override name = 'EmbeddedRedisFailed';
}

interface Lock {
  /** While it lives and is still starting the server, others wait for it. */
  starter: ProcessIdentity;
  phase: 'starting' | 'started' | 'failed';
  /** The one that runs, or that ran last. */
  server?: RunningServer;
  flavour: string;
  version: string;
}

const POLL_MS = 20;
const PORT_ATTEMPTS = 20;

/**
 * Starts the server of this folder, or finds the one that runs there, and returns when it answers.
 * Throws RedisServerMissing or EmbeddedRedisFailed.
 *
 * @param path of the server program; without it, the first one of this machine
 */
export async function startEmbeddedRedis(folder: string, path?: string): Promise<EmbeddedRedis> {
  const lock = new FolderLock<Lock>(folder, 'redis');
  for (;;) {
    const found = await lock.read();
    const holder = await holderOf(found, lock);
    if (holder === 'starting') {
      await sleep(POLL_MS);
    } else if (holder) {
      const attached = await attach(folder, holder);
      if (attached) return attached;
    } else {
      const program = await usableProgram(path);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
      const value = await starting(program, found?.value?.server);
      const number = await lock.overtake(found, value);
      if (number) return launch(folder, lock, { number, value }, program);
    }
  }
}

/** The embedded server that runs in this folder, without starting one. */
export async function findEmbeddedRedis(folder: string): Promise<EmbeddedRedis | undefined> {
  const lock = new FolderLock<Lock>(folder, 'redis');
  for (;;) {
    const found = await lock.read();
    const holder = await holderOf(found, lock);
    if (holder === undefined) return undefined;
    const attached = holder === 'starting' ? undefined : await attach(folder, holder);
    if (attached) return attached;
    await sleep(POLL_MS);
  }
}

interface HeldLock {
  number: number;
  value: Lock;
}

type Holder = Lock & { server: RunningServer };

/** Who holds the folder now: a server, someone who is starting one, or nobody. */
async function holderOf(
  found: LockEntry<Lock> | undefined,
  lock: FolderLock<Lock>,
): Promise<Holder | 'starting' | undefined> {
  const value = found?.value;
  if (!found || !value || value.phase === 'failed') return undefined;
  const { starter, server } = value;
  const starterIs = await liveness(starter);
  if (starterIs === 'elsewhere') {
    throw new EmbeddedRedisFailed(
      `The embedded Redis of this folder was started on ${starter.host}. ` +
        `If it no longer runs there, remove ${lock.path(found.number)}`,
    );
  }
  if (value.phase === 'starting' && starterIs === 'running') return 'starting';
  const running = server && (await liveness(server.process)) === 'running';
  return running ? { ...value, server } : undefined;
}

/** Undefined when it ended meanwhile. */
async function attach(folder: string, holder: Holder): Promise<EmbeddedRedis | undefined> {
  const state = await untilReady(holder.server);
  if (state === 'silent') throw doesNotAnswer(holder.server);
  return state === 'ready' ? embedded(folder, holder, true) : undefined;
}

async function starting(program: RedisServerProgram, before?: RunningServer): Promise<Lock> {
  const { flavour, version } = program;
  const starter = await identify(process.pid);
  return { starter, phase: 'starting', flavour, version, ...(before ? { server: before } : {}) };
}

async function usableProgram(given: string | undefined): Promise<RedisServerProgram> {
  const program = await (given === undefined ? findRedisServer() : examine(given));
  if (!program && given !== undefined) {
    throw new EmbeddedRedisFailed(
      `${given} is no redis-server or valkey-server that runs here. Write the path of one, or none to have one found.`,
    );
  }
  if (!program) throw new RedisServerMissing();
  if (!isNewEnough(program.version)) {
    const { path, version } = program;
    throw new EmbeddedRedisFailed(
      `${path} is version ${version}: 6.2 or newer is needed. Install a newer one, or use another Redis.`,
    );
  }
  return program;
}

/** Everything is written to the lock as it happens, so that the server is found if this process dies. */
async function launch(
  folder: string,
  lock: FolderLock<Lock>,
  held: HeldLock,
  program: RedisServerProgram,
): Promise<EmbeddedRedis> {
  const say = (change: Partial<Lock>) => {
    held.value = { ...held.value, ...change };
    return lock.update(held.number, held.value);
  };
  try {
    const server = await startOnAnyPort(folder, program.path, held.value.server, spawned =>
      say({ server: spawned }),
    );
    await say({ phase: 'started' });
    return embedded(folder, { ...held.value, server }, false);
  } catch (error) {
    // A folder that cannot be written to (a full disk) cannot say so either.
    await say({ phase: 'failed' }).catch(() => undefined);
    throw error;
  }
}

/** `before` was here last: workers that still look for it find the new one in its place. */
async function startOnAnyPort(
  folder: string,
  program: string,
  before: RunningServer | undefined,
  onSpawn: (server: RunningServer) => Promise<void>,
): Promise<RunningServer> {
  const password = before?.password ?? randomBytes(24).toString('hex');
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && before ? before.port : anyPort();
    const server = await spawnServer(program, folder, port, password);
    await onSpawn(server);
    const state = await untilReady(server);
    if (state === 'ready') {
      await mendFile(server, folder);
      return server;
    }
    await signal(server.process, 'SIGKILL');
    const said = await lastLogLines(folder);
    if (said.includes('Address already in use') && attempt < PORT_ATTEMPTS) continue;
    throw new EmbeddedRedisFailed(`${program} could not start in ${folder}. It said:\n${said}`);
  }
}

/** Under the range of outgoing connections (32768 and up), which come and go. */
function anyPort(): number {
  return randomInt(10_000, 30_000);
}

function doesNotAnswer({ process: { pid }, port }: RunningServer): EmbeddedRedisFailed {
  return new EmbeddedRedisFailed(
    `The embedded Redis (process ${pid}, port ${port}) does not answer. End it with "kill ${pid}" and try again.`,
  );
}

function embedded(
  folder: string,
  { server, flavour, version }: Holder,
  shared: boolean,
): EmbeddedRedis {
  return {
    address: { host: '127.0.0.1', port: server.port, password: server.password },
    version,
    flavour,
    pid: server.process.pid,
    folder,
    shared,
    stop: () => shutDown(server),
  };
}
