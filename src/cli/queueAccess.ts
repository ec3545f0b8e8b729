/** Which queue a command works on: the configured one, or that of a run of this folder. */
import { relative, resolve } from 'node:path';
import { type EmbeddedRedis, findEmbeddedRedis, startEmbeddedRedis } from '../cluster/embedded';
import type { Config } from '../config/schema';
import { describeAddress, type RedisAddress } from '../queue/address';
import { connect, type RedisConnection } from '../queue/connection';
import { Queue } from '../queue/queue';
import { UsageError } from './exit';
import { keptRuns } from './run/runFolder';
import { type GlobalOptions, loadSettings } from './settings';

export interface QueueOptions extends GlobalOptions {
  /** Of the run that is meant, where several are kept. */
  file?: string;
}

export interface OpenRedis {
  connection: RedisConnection;
  /** `node0:6400`. */
  redis: string;
  /** Whose Redis it is, if no other is configured. */
  run: RunOfFolder | undefined;
  config: Config;
}

export interface OpenQueue extends OpenRedis {
  queue: Queue;
}

export interface RunOfFolder {
  /** As a person in this folder would write it. */
  file: string;
  running: boolean;
}

/** For commands that need a Redis of others. Throws UsageError when none is configured. */
export async function withConfiguredQueue<T>(
  options: GlobalOptions,
  use: (open: OpenQueue) => Promise<T>,
): Promise<T> {
  const { config, address } = await loadSettings(options);
  if (!address) {
    throw new UsageError(
      'No Redis is configured. Give --redis URL, or a conf.json with redis_host; or run the file here: distcomp run FILE',
    );
  }
  return onRedis({ address, config }, undefined, onQueue(use));
}

/** For commands that look at what is there: without a configured Redis, at a run of this folder. */
export function withQueue<T>(
  options: QueueOptions,
  use: (open: OpenQueue) => Promise<T>,
): Promise<T> {
  return withRedis(options, onQueue(use));
}

/** As `withQueue`, for what is about no queue of its own. */
export async function withRedis<T>(
  options: QueueOptions,
  use: (open: OpenRedis) => Promise<T>,
): Promise<T> {
  const { config, address } = await loadSettings(options);
  if (address) {
    if (options.file)
      throw new UsageError('--file is for runs with a Redis of their own. Leave it out.');
    return onRedis({ address, config }, undefined, use);
  }
  const { file, folder } = await keptRun(options);
  const running = await findEmbeddedRedis(folder.redis);
  const embedded = running ?? (await startEmbeddedRedis(folder.redis));
  const run = { file: relative(process.cwd(), file), running: running !== undefined };
  try {
    return await onRedis({ address: embedded.address, config }, run, use);
  } finally {
    if (!running) await stopUnlessUsed(embedded);
  }
}

async function keptRun({ file }: QueueOptions) {
  const runs = await keptRuns();
  const meant = file === undefined ? runs : runs.filter(run => run.file === resolve(file));
  const [first] = meant;
  if (!first) {
    const which = file === undefined ? 'in this folder' : `of ${file}`;
    throw new UsageError(
      `No Redis is configured, and no run ${which} has left tasks. Give --redis URL, or a conf.json with redis_host.`,
    );
  }
  if (meant.length > 1) {
    const names = meant.map(run => relative(process.cwd(), run.file)).join(', ');
    throw new UsageError(
      `Several runs of this folder are there: ${names}. Say which one: --file FILE`,
    );
  }
  return first;
}

async function onRedis<T>(
  { address, config }: { address: RedisAddress; config: Config },
  run: RunOfFolder | undefined,
  use: (open: OpenRedis) => Promise<T>,
): Promise<T> {
  const connection = await connect(address, 'distcomp-cli');
  try {
    return await use({ connection, redis: describeAddress(address), run, config });
  } finally {
    connection.disconnect();
  }
}

/** Throws DefaultQueueOnCluster. */
function onQueue<T>(use: (open: OpenQueue) => Promise<T>): (open: OpenRedis) => Promise<T> {
  return async open => use({ ...open, queue: new Queue(open.connection, open.config.queue) });
}

/** A `run` may have begun meanwhile, and shares it. */
async function stopUnlessUsed(embedded: EmbeddedRedis): Promise<void> {
  const redis = await connect(embedded.address, 'distcomp-cli');
  const clients = /^connected_clients:(\d+)/m.exec(await redis.info('clients'))?.[1];
  redis.disconnect();
  if (clients === '1') await embedded.stop();
}
