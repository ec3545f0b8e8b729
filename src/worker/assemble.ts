import type { Holder } from '../queue/membership';
import type { Queue } from '../queue/queue';
import type { Executor } from './lanes/executor';
import type { LiveConfig } from './liveConfig';
import { RedisClock } from './redisClock';
import { Runner } from './runner';
import { Wakeable } from './wakeable';
import { Worker } from './worker';

/** What a worker is made of. */
export interface WorkerParts {
  queue: Queue;
  settings: LiveConfig;
  version: string;
  holder: Holder;
  /** The name that it has taken. */
  name: string;
  /** Redis time when it took the name, ms. */
  nowMs: number;
  outputFolder: string;
  executor: Executor;
  log: (line: string) => void;
}

/** A worker that is ready to run. */
export function assembleWorker({ nowMs, ...parts }: WorkerParts): Worker {
  const { executor, outputFolder, settings } = parts;
  const clock = new RedisClock();
  clock.set(nowMs);
  const runner = new Runner({
    executor,
    clock,
    outputFolder,
    settings,
    onEnd: end => worker.onEnd(end),
  });
  const worker: Worker = new Worker({ ...parts, runner, clock }, new Wakeable());
  return worker;
}
