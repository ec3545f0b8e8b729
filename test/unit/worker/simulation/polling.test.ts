/** How often idle workers ask, and how soon they take up work again, under a simulated clock. */
import { describe, expect, it } from 'vitest';
import type { Polling } from '../../../../src/worker/polling';
import { claimSize } from '../../../../src/worker/prefetch';
import { SimulatedClock } from './clock';
import { seeded } from './random';
import { SimulatedQueue } from './simulatedQueue';
import { SimulatedWorker } from './simulatedWorker';

const HOUR_MS = 3_600_000;
const ONE_WAY_MS = 10;
const ADAPTIVE: Polling = { adaptive: true, fixedMs: 2000 };

function oneWorker(polling: Polling, wakeup: boolean) {
  const clock = new SimulatedClock();
  const queue = new SimulatedQueue(clock);
  const worker = new SimulatedWorker(
    0,
    { lanes: 1, speed: 1 },
    {
      clock,
      queue,
      random: seeded(1),
      oneWay: () => ONE_WAY_MS,
      polling,
      prefetch: 4,
      claim: claimSize,
    },
  );
  if (wakeup) queue.onWake = () => clock.after(ONE_WAY_MS, () => worker.wake());
  worker.start();
  const runFor = (ms: number) => {
    const until = clock.now + ms;
    clock.after(ms, () => {});
    clock.run(() => clock.now >= until, until);
  };
  /** From the submission of one task to the arrival of its report, ms. */
  const turnaround = (durationMs: number) => {
    const submittedAt = clock.now;
    const finished = queue.finished + 1;
    queue.submit([{ durationMs }]);
    clock.run(() => queue.finished === finished, submittedAt + HOUR_MS);
    return clock.now - submittedAt;
  };
  return { worker, runFor, turnaround };
}

describe('an idle worker', () => {
  it('asks about every 4.4 s in the long run: between 720 and 980 times an hour', () => {
    const { worker, runFor } = oneWorker(ADAPTIVE, true);
    runFor(HOUR_MS);
    expect(worker.polls).toBeGreaterThan(720);
    expect(worker.polls).toBeLessThan(980);
  });

  it('asks every 2 s and a round trip without adaptive polling, as it is told', () => {
    const { worker, runFor } = oneWorker({ adaptive: false, fixedMs: 2000 }, false);
    runFor(HOUR_MS);
    expect(worker.polls).toBeGreaterThan(1700);
    expect(worker.polls).toBeLessThanOrEqual(1801);
  });

  it('starts a task two round trips after a wake-up at most, however long it was idle', () => {
    const { runFor, turnaround } = oneWorker(ADAPTIVE, true);
    runFor(HOUR_MS);
    expect(turnaround(100)).toBeLessThanOrEqual(100 + 6 * ONE_WAY_MS);
  });

  it('finds a task within 5 s by polling alone, and the next ones at once', () => {
    const { runFor, turnaround } = oneWorker(ADAPTIVE, false);
    runFor(HOUR_MS);
    expect(turnaround(100)).toBeLessThanOrEqual(5000 + 100 + 6 * ONE_WAY_MS);
    for (let i = 0; i < 10; i++) {
      runFor(20);
      expect(turnaround(100)).toBeLessThanOrEqual(50 + 100 + 6 * ONE_WAY_MS);
    }
  });

  it('asks less and less often again after work', () => {
    const { worker, runFor, turnaround } = oneWorker(ADAPTIVE, true);
    runFor(HOUR_MS);
    turnaround(100);
    const pollsIn = (ms: number) => {
      const before = worker.polls;
      runFor(ms);
      return worker.polls - before;
    };
    expect(pollsIn(2000)).toBeGreaterThanOrEqual(4);
    expect(pollsIn(20_000)).toBeLessThanOrEqual(8);
  });
});
