/** A whole run: workers of given shapes, tasks in one queue, until the last report has arrived. */
import type { Polling } from '../../../../src/worker/polling';
import { claimSize } from '../../../../src/worker/prefetch';
import { SimulatedClock } from './clock';
import { type Durations, drawDurations, seeded } from './random';
import { SimulatedQueue, type SimulatedTask } from './simulatedQueue';
import { SimulatedWorker, type WorkerShape } from './simulatedWorker';

export interface Run {
  seed: number;
  workers: readonly WorkerShape[];
  tasks: number;
  durations: Durations;
  /** Mean of a round trip to Redis, ms. */
  roundTripMs: number;
  prefetch: number;
  /** The policy under test, if it is another than the worker's. */
  claim?: typeof claimSize;
  /** When the tasks come, ms after the workers' start; from there the makespan counts. */
  submitAtMs: number;
  wakeup?: boolean;
  polling?: Polling;
  /** Tasks from the middle of the queue on take so many times as long. */
  laterBy?: number;
  /** Sees how it stands every so many ms from the submission on. */
  watch?: { everyMs: number; see: (look: Look) => void };
}

/** What a look at the queue tells, while it goes on. */
export interface Look {
  /** Since the submission. */
  ms: number;
  todo: number;
  inProgress: number;
  ended: number;
  /** How long these ran, all together. */
  milliseconds: number;
  lanes: number;
  running: number;
}

export interface Outcome {
  /** From the submission to the arrival of the last report, ms. */
  makespanMs: number;
  /** Part of lane time in which nothing ran, in [0, 1]. */
  idle: number;
  calls: number;
  returned: number;
}

const ADAPTIVE: Polling = { adaptive: true, fixedMs: 2000 };
const LIMIT_MS = 1e9;

/** What is submitted, in its order. */
export function tasksOf({ durations, tasks, seed, laterBy = 1 }: Run): SimulatedTask[] {
  return drawDurations(durations, tasks, seeded(seed)).map((durationMs, i) => ({
    durationMs: durationMs * (i < tasks / 2 ? 1 : laterBy),
  }));
}

/** @throws Error if tasks are left when nothing happens any more */
export function simulate(run: Run): Outcome {
  const clock = new SimulatedClock();
  const queue = new SimulatedQueue(clock);
  const tasks = tasksOf(run);
  const random = seeded(run.seed + 1_000_003);
  // Most round trips take about the mean, one of fifty four times as long.
  const oneWay = () => (run.roundTripMs / 2) * (0.7 + 0.5 * random()) * (random() < 0.02 ? 4 : 1);
  const workers = run.workers.map(
    (shape, number) =>
      new SimulatedWorker(number, shape, {
        clock,
        queue,
        random,
        oneWay,
        polling: run.polling ?? ADAPTIVE,
        prefetch: run.prefetch,
        claim: run.claim ?? claimSize,
      }),
  );
  clock.after(run.submitAtMs, () => queue.submit(tasks));
  if (run.wakeup ?? true) {
    queue.onWake = () => {
      for (const worker of workers) clock.after(oneWay(), () => worker.wake());
    };
  }
  const lanes = run.workers.reduce((sum, shape) => sum + shape.lanes, 0);
  const { everyMs = Number.POSITIVE_INFINITY, see = () => {} } = run.watch ?? {};
  const look = () => {
    const { todo, finished: ended } = queue;
    const running = workers.reduce((sum, worker) => sum + worker.running, 0);
    const ms = clock.now - run.submitAtMs;
    const inProgress = run.tasks - todo - ended;
    see({ ms, todo, inProgress, ended, milliseconds: queue.milliseconds, lanes, running });
    clock.after(everyMs, look);
  };
  if (run.watch) clock.after(run.submitAtMs + everyMs, look);
  // Workers start within one round trip of each other.
  for (const worker of workers) clock.after(random() * run.roundTripMs, () => worker.start());
  clock.run(() => queue.finished === run.tasks, LIMIT_MS);
  if (queue.finished !== run.tasks) throw new Error(`${run.tasks - queue.finished} tasks are left`);
  const busyMs = workers.reduce((sum, worker) => sum + worker.busyMs, 0);
  const makespanMs = clock.now - run.submitAtMs;
  return {
    makespanMs,
    idle: 1 - busyMs / (lanes * makespanMs),
    calls: queue.calls,
    returned: queue.returned,
  };
}
