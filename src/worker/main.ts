/**
 * `dist/worker.js --config conf.json [--redis URL] [--queue NAME] [--slot N] [--detach LOG]`: the
 * program that travels to hosts. It is one file and needs Node 18 or newer. With `--check` it reads its
 * settings, reaches Redis, and ends.
 *
 * Exit codes: 0 ended (drained, already running, or checked), 1 a fault of ours, 2 configuration, 3 Redis
 * unreachable. TERM drains, a second TERM ends what runs.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../../package.json';
import { type Config, ConfigError, loadConfig } from '../config/schema';
import { cores } from '../host/cores';
import { memory } from '../host/memory';
import { describeAddress, redisAddress } from '../queue/address';
import { connect } from '../queue/connection';
import { DefaultQueueOnCluster, Queue } from '../queue/queue';
import { RedisUnreachable } from '../queue/unreachable';
import { assembleWorker } from './assemble';
import { detach, tellStarter } from './detach';
import { newHolder, takeName } from './identity';
import type { Executor } from './lanes/executor';
import { endLeftovers } from './lanes/leftovers';
import { executorInstance } from './lanes/marker';
import { LanePool } from './lanes/pool';
import { SpawnExecutor } from './lanes/spawnExecutor';
import { SwitchableExecutor } from './lanes/switchableExecutor';
import { LiveConfig, type ReadConfig } from './liveConfig';
import { makeOutputFolders, outputFolder, removeExpired } from './outputFiles';

const USAGE =
  'distcomp worker: --config FILE [--redis URL] [--queue NAME] [--slot N] [--detach LOG] [--check]';
const RETENTION_MS = 60 * 60 * 1000;

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

/** A wrong word on the command line, or a file that cannot be read. */
class UsageError extends Error {}

interface Arguments {
  config?: string;
  redis?: string;
  queue?: string;
  slot?: number;
  /** Path of a log: the worker goes on without whoever started it. */
  detach?: string;
  /** Whether a worker could begin: none does. */
  check?: boolean;
}

function readArguments(): Arguments {
  const options = {
    config: { type: 'string' },
    redis: { type: 'string' },
    queue: { type: 'string' },
    slot: { type: 'string' },
    detach: { type: 'string' },
    check: { type: 'boolean' },
  } as const;
  try {
    const { slot, ...values } = parseArgs({ options }).values;
    if (slot !== undefined && !/^[1-9]\d{0,3}$/.test(slot)) {
      throw new UsageError(`--slot must be a number from 1 to 9999, found "${slot}".`);
    }
    return { ...values, ...(slot === undefined ? {} : { slot: Number(slot) }) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

async function readConfig(given: Arguments): Promise<ReadConfig> {
  const conf = given.config === undefined ? undefined : await readConf(given.config);
  const { totalGb } = memory();
  return loadConfig(
    {
      ...(conf ? { conf } : {}),
      environment: process.env,
      overrides: {
        ...(given.redis === undefined ? {} : { redis_url: given.redis }),
        ...(given.queue === undefined ? {} : { queue: given.queue }),
      },
    },
    { memoryGb: totalGb, cores: cores() },
  );
}

async function readConf(path: string): Promise<{ text: string; where: string }> {
  try {
    return { text: await readFile(path, 'utf8'), where: path };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new UsageError(`Cannot read the configuration ${resolve(path)} (${code}).`);
  }
}

/** Without `--detach`. */
function argumentsOf({ config, redis, queue, slot }: Arguments): string[] {
  const given = { config, redis, queue, slot };
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

async function main(): Promise<void> {
  const given = readArguments();
  if (given.detach !== undefined) {
    await detach(argumentsOf(given), given.detach);
    return;
  }
  const settings = await LiveConfig.open(given.config, () => readConfig(given), log);
  const address = redisAddress(settings.current);
  if (!address) {
    throw new UsageError(
      'No Redis is configured. Set redis_url, redis_host, redis_sentinels or redis_cluster in conf.json, or give --redis URL.',
    );
  }
  const redis = await connect(address, 'distcomp-worker');
  try {
    const queue = new Queue(redis, settings.current.queue);
    if (given.check) return;
    await work(queue, settings, given.slot, describeAddress(address));
  } finally {
    redis.disconnect();
  }
}

async function work(
  queue: Queue,
  settings: LiveConfig,
  slot: number | undefined,
  where: string,
): Promise<void> {
  const folder = outputFolder(settings.current.result_dir);
  await makeOutputFolders(folder).catch(() => undefined);
  const holder = await newHolder();
  const name = await takeName(queue, holder, slot);
  if (name.kind === 'already_running') {
    log(`${name.worker} is already running on this machine.`);
    tellStarter({ state: 'already_running', worker: name.worker });
    return;
  }
  if (name.before) await endLeftovers(name.before);
  log(`${name.worker} takes tasks of queue "${queue.name}" at ${where}.`);
  const { instance, pid } = holder;
  const { worker: self } = name;
  tellStarter({ state: 'started', worker: self, queue: queue.name, instance, pid, output: folder });
  if (name.recovered > 0) log(`${name.recovered} tasks of its last start went back to the queue.`);

  const worker = assembleWorker({
    ...{ queue, settings, version, holder, log, outputFolder: folder },
    name: name.worker,
    nowMs: name.nowMs,
    executor: liveExecutor(settings, instance),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => worker.terminate());
  const retention = keepRetention(folder, settings);
  try {
    await worker.run();
  } finally {
    clearInterval(retention);
  }
}

/** Attempts that run go on as they began when the configuration changes. */
function liveExecutor(settings: LiveConfig, instance: string): Executor {
  let made = 0;
  const make = (config: Config) =>
    new (config.lanes ? LanePool : SpawnExecutor)({
      // Each ends what its own attempts left, and must not take another's for such.
      instance: executorInstance(instance, made++),
      cwd: process.cwd(),
      maxOutputBytes: config.max_output_bytes,
      keepBackgroundProcesses: config.keep_background_processes,
    });
  const kindOf = ({ lanes, max_output_bytes, keep_background_processes }: Config) =>
    JSON.stringify([lanes, max_output_bytes, keep_background_processes]);
  let kind = kindOf(settings.current);
  const executor = new SwitchableExecutor(make(settings.current));
  settings.onChange(() => {
    const next = kindOf(settings.current);
    if (next !== kind) executor.switchTo(make(settings.current));
    kind = next;
  });
  return executor;
}

function keepRetention(folder: string, settings: LiveConfig): NodeJS.Timeout {
  const remove = () => {
    const { output_retention_days: days, output_retention_mb: megabytes } = settings.current;
    void removeExpired(folder, { days, bytes: megabytes * 1024 * 1024 });
  };
  remove();
  return setInterval(remove, RETENTION_MS);
}

function exitCodeOf(error: unknown): number {
  const usageErrors = [ConfigError, UsageError, DefaultQueueOnCluster];
  if (usageErrors.some(kind => error instanceof kind)) return 2;
  return error instanceof RedisUnreachable ? 3 : 1;
}

main()
  // A connection or guard that is still open must not keep an ended worker alive.
  .then(() => process.exit(0))
  .catch((error: unknown) => {
    const code = exitCodeOf(error);
    const text = error instanceof Error ? (code === 1 ? error.stack : error.message) : error;
    log(String(text));
    process.exit(code);
  });
