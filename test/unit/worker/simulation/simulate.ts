/** A whole run: workers of given shapes, tasks in one queue, until the last report has arrived. */
import type { Polling } from '../../../../src/worker/polling';
import { claimSize } from '../../../../src/worker/prefetch';
import { SimulatedClock } from './clock';
import { type Durations, drawDurations, seeded } from './random';
import { SimulatedQueue } from './simulatedQueue';
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

/** @throws Error if tasks are left when nothing happens any more */
export function simulate(run: Run): Outcome {
  const clock = new SimulatedClock();
  const queue = new SimulatedQueue(clock);
  const tasks = drawDurations(run.durations, run.tasks, seeded(run.seed)).map(durationMs => ({
    durationMs,
  }));
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
  // Workers start within one round trip of each other.
  for (const worker of workers) clock.after(random() * run.roundTripMs, () => worker.start());
  clock.run(() => queue.finished === run.tasks, LIMIT_MS);
  if (queue.finished !== run.tasks) throw new Error(`${run.tasks - queue.finished} tasks are left`);
  const lanes = run.workers.reduce((sum, shape) => sum + shape.lanes, 0);
  const busyMs = workers.reduce((sum, worker) => sum + worker.busyMs, 0);
  const makespanMs = clock.now - run.submitAtMs;
  return {
    makespanMs,
    idle: 1 - busyMs / (lanes * makespanMs),
    calls: queue.calls,
    returned: queue.returned,
  };
}
