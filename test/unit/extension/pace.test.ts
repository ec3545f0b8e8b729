import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace, refreshLimits } from '../../../src/extension/store/pace';

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

describe('how often views read the queue', () => {
  it.each([
    [true, 4, { gapMs: 250, idleMs: 5_000 }],
    [true, 1_000, { gapMs: 250, idleMs: 5_000 }],
    [true, 2, { gapMs: 500, idleMs: 5_000 }],
    [false, 2, { gapMs: 1_000, idleMs: 30_000 }],
    [true, 0.1, { gapMs: 10_000, idleMs: 10_000 }],
    [true, 0, { gapMs: 10_000, idleMs: 10_000 }],
    [false, -1, { gapMs: 10_000, idleMs: 30_000 }],
  ])('watched %s, at most %d a second', (watched, perSecond, limits) => {
    expect(refreshLimits(watched, perSecond)).toEqual(limits);
  });
});
