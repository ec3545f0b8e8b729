/**
 * A Redis and workers on this machine that several windows share: what a window calls. Windows come
 * and go; `keeper.ts` looks after the workers.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, liveness } from '../../host/process';
import { type EmbeddedRedis, findEmbeddedRedis, startEmbeddedRedis } from '../embedded';
import { stopLeftWorkers } from '../localWorkers';
import {
  type AtQuit,
  enter,
  forgetGone,
  type KeeperLock,
  keeperLock,
  type Order,
  readOrder,
  takeLeft,
  writeOrder,
} from './clusterFolder';

export type { AtQuit, ClusterEvent } from './clusterFolder';
export { eventsPath } from './clusterFolder';
export { EventReader } from './eventReader';

const POLL_MS = 50;

export interface KeeperProgram {
  node: string;
  keeperBundle: string;
  /** How long the cluster goes on without a window before it ends. Default: a minute. */
  graceMs?: number;
}

export interface ClusterOptions {
  folder: string;
  atQuit: AtQuit;
  keeper: KeeperProgram;
  /** Which workers, on this Redis. */
  orderFor(redis: EmbeddedRedis): Workers;
}

/** Which workers are to run. */
type Workers = Omit<Order, 'wanted' | 'call'>;

/** Workers on another Redis, kept as those of a cluster: they end with the last window of their folder. */
export interface WorkersOptions {
  folder: string;
  keeper: KeeperProgram;
  order: Workers;
}

export interface StartOptions extends ClusterOptions {
  /** Path of the server program; undefined: the first one of this machine. */
  redisServer: string | undefined;
}

/**
 * Starts what is not running yet; this process is one of its windows then.
 * Throws RedisServerMissing or EmbeddedRedisFailed.
 */
export async function startCluster(options: StartOptions): Promise<EmbeddedRedis> {
  const { folder } = options;
  await makeFolder(folder);
  await come(options);
  const redis = await startEmbeddedRedis(folder, options.redisServer);
  await command(options, options.orderFor(redis), randomUUID());
  return redis;
}

/** Starts those that do not run yet; this process is one of their windows then. */
export async function startWorkers({ order, ...options }: WorkersOptions): Promise<void> {
  await makeFolder(options.folder);
  await come({ ...options, atQuit: 'stop' });
  await command({ ...options, atQuit: 'stop' }, order, randomUUID());
}

/** Becomes one of the windows of workers that run in this folder, and has them follow changed settings. */
export async function joinWorkers({ order, ...options }: WorkersOptions): Promise<boolean> {
  if (!(await workersRun(options.folder))) return false;
  await command({ ...options, atQuit: 'stop' }, order);
  return true;
}

/** Whether workers are kept in this folder, and nobody told them to end. */
export async function workersRun(folder: string): Promise<boolean> {
  return (await keeperOf(folder)) !== undefined && (await readOrder(folder))?.wanted === 'run';
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/**
 * The cluster that runs in this folder, which this process joins as one of its windows. `leftSince`:
 * it went on without a window since then (Date.now).
 */
export async function joinCluster(
  options: ClusterOptions,
): Promise<{ redis: EmbeddedRedis; leftSince: number | undefined } | undefined> {
  const { folder } = options;
  if (!(await findEmbeddedRedis(folder))) return undefined;
  await come(options);
  // It may have been about to end.
  const redis = await findEmbeddedRedis(folder);
  if (!redis) return undefined;
  await command(options, options.orderFor(redis));
  const leftSince = await takeLeft(folder);
  // What they wanted has been done: from now on it counts what those want that are here.
  if (leftSince !== undefined) await forgetGone(folder);
  return { redis, leftSince };
}

/** Has the workers of a running cluster follow changed settings; one that is told to end goes on ending. */
export async function reconfigureCluster(
  options: ClusterOptions,
  redis: EmbeddedRedis,
): Promise<void> {
  const { folder, orderFor } = options;
  if ((await readOrder(folder))?.wanted === 'run') await command(options, orderFor(redis));
}

type Window = Pick<ClusterOptions, 'folder' | 'atQuit' | 'keeper'>;

/** `call`: who asks for a start gives a new one. */
async function command(
  { folder, atQuit, keeper }: Window,
  workers: Workers,
  call?: string,
): Promise<void> {
  await enter(folder, { process: await identify(process.pid), atQuit });
  const before = (await readOrder(folder))?.call ?? '';
  await writeOrder(folder, { ...workers, wanted: 'run', call: call ?? before });
  await ensureKeeper(folder, keeper);
}

/** Ends workers and Redis for all windows; returns when they are gone. Tasks and results stay. */
export async function stopCluster(
  folder: string,
  how: 'drain' | 'stop',
  program: KeeperProgram,
): Promise<void> {
  const order = await readOrder(folder);
  if (order) {
    await writeOrder(folder, { ...order, wanted: how });
    await ensureKeeper(folder, program);
    const fault = await untilEnded(folder);
    if (fault !== undefined) throw new Error(fault);
    return;
  }
  await stopLeftWorkers(folder);
  await (await findEmbeddedRedis(folder))?.stop();
}

/** Whether a cluster runs in this folder. */
export async function clusterRuns(folder: string): Promise<boolean> {
  return (await findEmbeddedRedis(folder)) !== undefined;
}

/** Said before looking whether it is ending: the keeper says that first, and looks for windows then. */
async function come({ folder, atQuit }: Window): Promise<void> {
  await enter(folder, { process: await identify(process.pid), atQuit });
  while ((await keeperOf(folder))?.phase === 'ending') await sleep(POLL_MS);
}

/** The keeper that lives and has not done its work. */
async function keeperOf(folder: string): Promise<KeeperLock | undefined> {
  const holder = (await keeperLock(folder).read())?.value;
  if (!holder || holder.phase === 'ended') return undefined;
  return (await liveness(holder.process)) === 'running' ? holder : undefined;
}

async function untilEnded(folder: string): Promise<string | undefined> {
  while (await keeperOf(folder)) await sleep(POLL_MS);
  return (await keeperLock(folder).read())?.value?.fault;
}

/** One that is not needed ends at once. */
async function ensureKeeper(folder: string, program: KeeperProgram): Promise<void> {
  if (await keeperOf(folder)) return;
  const { node, keeperBundle, graceMs } = program;
  const log = join(folder, 'keeper.log');
  const output = await open(log, 'w', 0o600);
  const child = spawn(
    node,
    [keeperBundle, folder, ...(graceMs === undefined ? [] : [`${graceMs}`])],
    {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    },
  );
  const ended = once(child, 'exit').then(() => true);
  try {
    await once(child, 'spawn');
  } finally {
    ended.catch(() => undefined);
    await output.close();
  }
  child.unref();
  while (!(await keeperOf(folder))) {
    if (!(await Promise.race([ended, sleep(POLL_MS, false)]))) continue;
    if (child.exitCode === 0) return;
    throw new Error(`The keeper of the local cluster ended: ${await readFile(log, 'utf8')}`);
  }
}
