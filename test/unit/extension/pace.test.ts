import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from '../../../src/extension/pace';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs are noted by the time at which they begin; each takes `takesMs`. */
function paced(takesMs = 0) {
  const runs: number[] = [];
  const start = performance.now();
  const pace = new Pace(
    async () => {
      runs.push(performance.now() - start);
      if (takesMs > 0) await new Promise(resolve => setTimeout(resolve, takesMs));
    },
    { gapMs: 250, idleMs: 5_000 },
  );
  return { pace, runs };
}

describe('the pace of refreshes', () => {
  it('is at most four a second, however often it is asked', async () => {
    const { pace, runs } = paced();
    for (let time = 0; time < 990; time += 10) {
      pace.soon();
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(runs).toEqual([0, 250, 500, 750]);
  });

  it('looks from time to time without being asked', async () => {
    const { pace, runs } = paced();
    pace.soon();
    await vi.advanceTimersByTimeAsync(10_500);
    expect(runs).toEqual([0, 5_000, 10_000]);
  });

  it('leaves a slow Redis three times as long in peace as an answer took', async () => {
    const { pace, runs } = paced(400);
    pace.soon();
    await vi.advanceTimersByTimeAsync(100);
    pace.soon();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toEqual([0, 1_600]);
  });

  it('runs at once when it is asked after a quiet time', async () => {
    const { pace, runs } = paced();
    pace.soon();
    await vi.advanceTimersByTimeAsync(3_000);
    pace.soon();
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toEqual([0, 3_000]);
  });

  it('rests for longer while nobody watches', async () => {
    const { pace, runs } = paced();
    pace.soon();
    await vi.advanceTimersByTimeAsync(1);
    pace.limit({ gapMs: 1_000, idleMs: 30_000 });
    await vi.advanceTimersByTimeAsync(5_500);
    pace.soon();
    await vi.advanceTimersByTimeAsync(500);
    pace.soon();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(runs).toEqual([0, 5_000, 6_000, 7_000]);
  });

  it('ends', async () => {
    const { pace, runs } = paced();
    pace.soon();
    await vi.advanceTimersByTimeAsync(1);
    pace.stop();
    pace.soon();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(runs).toEqual([0]);
  });
});
