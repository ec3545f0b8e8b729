/** Redis and workers of one run: brought up together, taken down together. */
import { mkdir, rm } from 'node:fs/promises';
import { type EmbeddedRedis, findEmbeddedRedis, startEmbeddedRedis } from '../../cluster/embedded';
import {
  type LocalWorkerEvent,
  type LocalWorkers,
  startLocalWorkers,
  stopLeftWorkers,
} from '../../cluster/localWorkers';
import type { Config } from '../../config/schema';
import { describeAddress, type RedisAddress } from '../../queue/address';
import { connect, type RedisConnection } from '../../queue/connection';
import { Queue } from '../../queue/queue';
import { number, plural } from '../../tasks/words';
import type { Settings } from '../settings';
import { workerBundle } from '../workerBundle';
import type { RunFolder } from './runFolder';

export interface Session {
  queue: Queue;
  /** For people: which Redis and how many workers. */
  description: string;
  /** Undefined when one is configured. */
  embedded: EmbeddedRedis | undefined;
  workers: LocalWorkers;
  /** Takes everything down that the run has brought up; its workers have ended before. */
  close(): Promise<void>;
}

export interface SessionOptions {
  settings: Settings;
  folder: RunFolder;
  workers: number;
  onWorker: (event: LocalWorkerEvent) => void;
}

/** Throws RedisUnreachable, RedisServerMissing or EmbeddedRedisFailed; nothing is left running then. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { settings, folder } = options;
  if (settings.address) return onRedis(options, settings.address, undefined);
  const embedded = await startEmbeddedRedis(folder.redis);
  try {
    return await onRedis(options, embedded.address, embedded);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function onRedis(
  { settings: { config }, folder, workers: count, onWorker }: SessionOptions,
  address: RedisAddress,
  embedded: EmbeddedRedis | undefined,
): Promise<Session> {
  const redis = await connect(address, 'distcomp-run');
  const queue = queueOf(redis, config.queue);
  const workers = startLocalWorkers({
    count,
    workerBundle: workerBundle(),
    node: process.execPath,
    cwd: process.cwd(),
    folder: folder.workers,
    config: workerConfig(config, embedded),
    restart: true,
    onEvent: onWorker,
  });
  return {
    queue,
    description: describe(address, embedded, count, config),
    embedded,
    workers,
    async close() {
      redis.disconnect();
      await embedded?.stop();
    },
  };
}

/** Before any worker starts. */
function queueOf(redis: RedisConnection, name: string): Queue {
  try {
    return new Queue(redis, name);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

function workerConfig(config: Config, embedded: EmbeddedRedis | undefined) {
  if (!embedded) return config;
  const { host, port, password } = embedded.address;
  return {
    ...config,
    redis_host: host,
    redis_port: port,
    redis_pass: password,
    redis_user: undefined,
    redis_db: 0,
  };
}

function describe(
  address: RedisAddress,
  embedded: EmbeddedRedis | undefined,
  count: number,
  { max_task_per_worker: lanes }: Config,
): string {
  const redis = embedded
    ? `${embedded.flavour} ${embedded.version} on a private port`
    : `Redis at ${describeAddress(address)}`;
  if (count === 0) return `${redis} · no worker of its own`;
  const each = count === 1 ? '' : ' each';
  return `${redis} · ${plural(count, 'worker')}, ${number(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}${each}`;
}

/** Ends what an earlier run left running in this folder, and forgets its tasks. */
export async function forgetEarlierRun(folder: RunFolder): Promise<void> {
  await stopLeftWorkers(folder.workers);
  const redis = await findEmbeddedRedis(folder.redis);
  await redis?.stop();
  for (const path of [folder.redis, folder.workers])
    await rm(path, { recursive: true, force: true });
  await mkdir(folder.workers, { mode: 0o700 });
}

/** After the embedded Redis went away: whether it is there again, where it was. */
export async function revive(embedded: EmbeddedRedis): Promise<boolean> {
  const again = await startEmbeddedRedis(embedded.folder);
  return again.address.port === embedded.address.port;
}
