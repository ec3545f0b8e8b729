import type { Queue } from './queue';
import { asArray, asNumber, asString, inGroups } from './reply';
import { runScript, scripts } from './script';

/** How many of a worker's tasks are wanted: the counts come in any case. */
export interface WorkerTasksAsk {
  worker: string;
  running: number;
  buffered: number;
}

export interface RunningTask {
  line: string;
  /** ms, Redis time; undefined for what an original runs. */
  startedAt?: number;
}

/** What one worker holds. */
export interface WorkerTasks {
  /** How many run; undefined if there is too much to look through. */
  runningCount: number | undefined;
  /** How many are claimed and not started. */
  bufferedCount: number | undefined;
  /** Longest first. */
  running: RunningTask[];
  buffered: string[];
}

/**
 * What workers hold, in one call however many there are. An original keeps no list of its tasks: they are
 * looked for among what is in progress, as long as that is not too long to look through.
 */
export async function workerTasks(
  queue: Queue,
  asks: readonly WorkerTasksAsk[],
): Promise<Map<string, WorkerTasks>> {
  if (asks.length === 0) return new Map();
  const values = asks.flatMap(({ worker, running, buffered }) => [worker, running, buffered]);
  const answers = asArray(await runScript(queue, scripts.workerTasks, values));
  return new Map(asks.map(({ worker }, i) => [worker, parse(asArray(answers[i]))]));
}

function parse([running, buffered, started, waiting]: unknown[]): WorkerTasks {
  return {
    runningCount: known(asNumber(running)),
    bufferedCount: known(asNumber(buffered)),
    running: inGroups(asArray(started), 2).map(([line = '', at]) => {
      const startedAt = asNumber(at);
      return startedAt > 0 ? { line, startedAt } : { line };
    }),
    buffered: asArray(waiting).map(asString),
  };
}

const known = (count: number) => (count < 0 ? undefined : count);
