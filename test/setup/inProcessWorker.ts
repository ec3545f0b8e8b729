/** The real worker, within this process and with an executor of the caller's. */
import { version } from '../../package.json';
import { loadConfig } from '../../src/config/schema';
import type { RedisAddress } from '../../src/queue/address';
import { connect } from '../../src/queue/connection';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { Queue } from '../../src/queue/queue';
import { assembleWorker } from '../../src/worker/assemble';
import { newHolder, takeName } from '../../src/worker/identity';
import type { Executor } from '../../src/worker/lanes/executor';
import { LiveConfig } from '../../src/worker/liveConfig';
import { makeOutputFolders } from '../../src/worker/outputFiles';

export interface InProcessWorker {
  /** Drains it. Resolves when it has ended. */
  stop(): Promise<void>;
}

export interface InProcessOptions {
  address: RedisAddress;
  /** As in conf.json. */
  conf: Record<string, unknown>;
  executor: Executor;
  /** Where output files are. */
  outputFolder: string;
  queue?: string;
}

/** Returns when it has its name; its first heartbeat and claim follow. */
export async function startInProcess(options: InProcessOptions): Promise<InProcessWorker> {
  const { address, conf, executor, outputFolder } = options;
  const text = JSON.stringify(conf);
  const read = async () =>
    loadConfig({ conf: { text, where: 'conf.json' } }, { memoryGb: 64, cores: 64 });
  const settings = await LiveConfig.open(undefined, read, () => undefined);
  const queue = new Queue(
    await connect(address, 'distcomp-worker'),
    options.queue ?? DEFAULT_QUEUE,
  );
  await makeOutputFolders(outputFolder);
  const holder = await newHolder();
  const name = await takeName(queue, holder, undefined);
  if (name.kind === 'already_running') throw new Error(`${name.worker} runs already`);
  const worker = assembleWorker({
    ...{ queue, settings, version, holder, executor, outputFolder },
    name: name.worker,
    nowMs: name.nowMs,
    log: () => undefined,
  });
  const ended = worker.run().finally(() => queue.redis.disconnect());
  return {
    async stop() {
      worker.terminate();
      await ended;
    },
  };
}
