/** DistComp as a whole: a queue of its own, and a worker as users start it. */
import type { Config } from '../../../src/config/schema';
import { connect } from '../../../src/queue/connection';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import type { TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { startWorker, type TestWorker } from '../../setup/workers';
import { type ServiceWork, watchService } from './programs';

/** `startWorker` would hasten what need not be: these are left to their defaults. */
const AS_USERS_HAVE_IT = {
  health_report_interval: undefined,
  worker_dead_seconds: undefined,
  retry_elsewhere_seconds: undefined,
};

export interface Distcomp {
  readonly queue: Queue;
  readonly worker: TestWorker;
  /** Submits so many tasks, waits for their ends. CPU is that of the worker, all below it, and Redis. */
  work(tasks: number): Promise<ServiceWork>;
}

/**
 * @param before shell lines that run in the worker's process before it
 */
export async function startDistcomp(
  server: TestRedis,
  name: string,
  conf: Partial<Config>,
  before?: string,
): Promise<Distcomp> {
  const queue = new Queue(await connect({ url: server.url }, 'bench'), name);
  const worker = await startWorker({
    conf: { redis_url: server.url, queue: name, ...AS_USERS_HAVE_IT, ...conf },
    ...(before === undefined ? {} : { before }),
  });
  const finished = () => queue.redis.hlen(queue.keys.finished);
  const ended = worker.ended.then(() => {
    throw new Error(`the worker of ${name} has ended. It said: ${worker.log()}`);
  });
  ended.catch(() => undefined);
  let submitted = 0;
  function work(tasks: number): Promise<ServiceWork> {
    const lines = Array.from({ length: tasks }, () => `shell:0:0:0:true ${submitted++}`);
    return watchService({ worker: worker.pid, redis: server.pid }, tasks, async () => {
      await submit(queue, lines);
      const all = waitFor(
        async () => (await finished()) === submitted,
        `${name} to finish its tasks`,
      );
      await Promise.race([all, ended]);
    });
  }
  return { queue, worker, work };
}

/** Looks every few ms: what `until` spares a slow machine would be counted as work here. */
export async function waitFor(isSo: () => Promise<boolean>, what: string): Promise<void> {
  await until(
    async () => {
      const began = performance.now();
      while (performance.now() - began < 1_000) {
        if (await isSo()) return true;
        await new Promise(resolve => setTimeout(resolve, 10));
      }
      return false;
    },
    { timeoutMs: 300_000, describe: what },
  );
}
