/** One cell of the table: a worker with some settings, so far from Redis, with tasks that take so long. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/queue/connection';
import { counts } from '../../../src/queue/counts';
import { DEFAULT_QUEUE } from '../../../src/queue/keys';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import type { Executor } from '../../../src/worker/lanes/executor';
import { enqueue, taskOf } from '../../setup/enqueue';
import { startInProcess } from '../../setup/inProcessWorker';
import { StartTimes } from '../../setup/startTimes';
import { until } from '../../setup/until';
import { steadyRate, type Window } from './steadyRate';

export interface Cell {
  /** The server itself, where tasks are queued and counted. */
  url: string;
  /** What leads the worker to it. */
  port: number;
  conf: Record<string, unknown>;
  executor: (outputFolder: string) => Executor;
  tasks: number;
  window: Window;
}

const LONGEST_MS = 60_000;

/**
 * The rate at which the worker starts tasks over the steady part.
 * @returns tasks a second
 * @throws when a task is in no state afterwards, or the tasks were too few
 */
export async function rateOf({ url, port, conf, executor, tasks, window }: Cell): Promise<number> {
  const queue = new Queue(await connect({ url }, 'bench'), DEFAULT_QUEUE);
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-bench-'));
  try {
    await queue.redis.flushall();
    await submit(queue, [taskOf(0, 1)]);
    await enqueue(queue, 1, tasks, 1);
    const times = new StartTimes(executor(folder));
    const address = { url: `redis://127.0.0.1:${port}` };
    const worker = await startInProcess({ address, conf, executor: times, outputFolder: folder });
    const beganAt = performance.now();
    const rate = () =>
      steadyRate(
        times.starts.map(at => at - beganAt),
        window,
      );
    await until(() => rate() !== undefined || times.starts.length >= tasks, {
      timeoutMs: LONGEST_MS,
      describe: () => `the rate to be known; ${times.starts.length} tasks were started`,
    });
    const found = rate();
    await worker.stop();
    await checkNothingLost(queue, tasks);
    if (found === undefined) throw new Error(`${tasks} tasks were too few`);
    return found;
  } finally {
    queue.redis.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkNothingLost(queue: Queue, tasks: number): Promise<void> {
  const { todo, inProgress, finished, failed } = await counts(queue);
  const known = todo + inProgress + finished + failed;
  if (known === tasks && failed === 0 && inProgress === 0) return;
  throw new Error(`of ${tasks} tasks: ${JSON.stringify({ todo, inProgress, finished, failed })}`);
}
