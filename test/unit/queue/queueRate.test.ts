import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/queue/counts';
import type { Overview, QueueProgress } from '../../../src/queue/overview';
import { QueueRate } from '../../../src/queue/queueRate';

const BUSY: Counts = {
  todo: 1000,
  waitingForRetry: 0,
  inProgress: 8,
  failed: 0,
  finished: 0,
  workers: 2,
  closed: false,
  paused: false,
  pausedAfterFailures: null,
  held: 8,
  limits: { maxRunning: null, stopAfterFailures: null, failures: 0 },
  undoable: 0,
};

function seen(progress: Partial<QueueProgress> = {}, counts: Partial<Counts> = {}): Overview {
  return {
    counts: { ...BUSY, ...counts },
    progress: {
      ended: 0,
      mark: 'a',
      minute: 1000,
      secondsOfThisMinute: 0,
      endedThisMinute: 0,
      millisecondsThisMinute: 0,
      endedLastMinute: 0,
      millisecondsLastMinute: 0,
      besideOriginal: false,
      ...progress,
    },
    spent: { onRetries: 0, onLostWorkers: 0, byPeers: 0 },
    lanes: { all: 8, running: 8 },
    failures: { kinds: 0 },
    waitingForRoom: 0,
  };
}

/** The rate after these looks, each at its second. */
function rateAfter(...looks: [second: number, overview: Overview][]): number | undefined {
  const rate = new QueueRate();
  for (const [second, overview] of looks) rate.record(second * 1000, overview);
  return rate.perSecond();
}

describe('the rate of a queue', () => {
  it('is not known before anything ended, and then is what ended by the time it took', () => {
    expect(rateAfter([0, seen()])).toBeUndefined();
    expect(rateAfter([0, seen()], [9, seen()])).toBeUndefined();
    expect(rateAfter([0, seen({ ended: 500 })])).toBeUndefined();
    expect(rateAfter([0, seen({ ended: 500 })], [10, seen({ ended: 540 })])).toBe(4);
  });

  it('is known at once in the midst of a run, by the minutes that are over', () => {
    const past = { endedLastMinute: 120, endedThisMinute: 60, secondsOfThisMinute: 30 };
    expect(rateAfter([0, seen(past)])).toBe(2);
    // Of a run that began in this minute it is not known since when.
    expect(rateAfter([0, seen({ ...past, endedLastMinute: 0 })])).toBeUndefined();
  });

  it('takes no clear, undo or bulk action for work, and goes on after it', () => {
    const looks: [number, Overview][] = [
      [0, seen({ ended: 100 })],
      [10, seen({ ended: 140 })],
      [20, seen({ ended: 90_000, mark: 'b' })],
      [30, seen({ ended: 0, mark: 'c' })],
      [40, seen({ ended: 120, mark: 'c' })],
    ];
    expect(rateAfter(...looks)).toBe((40 + 120) / 40);
  });

  it('counts what an original finishes, which is in no counter', () => {
    const beside = { besideOriginal: true };
    expect(
      rateAfter(
        [0, seen({ ...beside, ended: 10 }, { finished: 100 })],
        [10, seen({ ...beside, ended: 15 }, { finished: 130 })],
      ),
    ).toBe(3);
    // It goes on where ours are paused, or none is there.
    const theirs = { inProgress: 0, workers: 0, paused: true };
    expect(
      rateAfter(
        [0, seen(beside, { ...theirs, finished: 100 })],
        [10, seen(beside, { ...theirs, finished: 150 })],
      ),
    ).toBe(5);
    // Alone, a result that somebody put back is no work.
    expect(
      rateAfter(
        [0, seen({ ended: 10 }, { finished: 1 })],
        [10, seen({ ended: 30 }, { finished: 900 })],
      ),
    ).toBe(2);
  });

  it.each([
    ['is empty', { todo: 0, inProgress: 0 }],
    ['is paused', { paused: true, inProgress: 0 }],
    ['is closed', { closed: true, inProgress: 0 }],
    ['has no worker', { workers: 0, inProgress: 0 }],
  ])('leaves out the time in which the queue %s', (_, counts) => {
    expect(
      rateAfter(
        [0, seen({ ended: 10 })],
        [10, seen({ ended: 20 })],
        [1000, seen({ ended: 20 }, counts)],
        [5000, seen({ ended: 20 }, counts)],
        [5000, seen({ ended: 20 })],
        [5010, seen({ ended: 70 })],
      ),
    ).toBe(5);
  });
});

describe('the estimated end of a queue', () => {
  /** In minutes, after these looks. */
  function leftAfter(...looks: [second: number, overview: Overview][]): number | undefined {
    const rate = new QueueRate();
    for (const [second, overview] of looks) rate.record(second * 1000, overview);
    const left = rate.left();
    return left && left.ms / 60_000;
  }
  const took = (seconds: number) => ({ millisecondsThisMinute: seconds * 1000 });

  it('is not known before anything ended, and while nothing can run', () => {
    expect(leftAfter([0, seen()], [9, seen()])).toBeUndefined();
    const stopped = { paused: true, inProgress: 0 };
    expect(leftAfter([0, seen()], [9, seen({ ended: 9 }, stopped)])).toBeUndefined();
  });

  it('is known at once in the midst of a run, by the minutes that are over', () => {
    const past = {
      ...{ secondsOfThisMinute: 30, endedThisMinute: 60, endedLastMinute: 120 },
      ...{ millisecondsThisMinute: 240_000, millisecondsLastMinute: 480_000 },
    };
    // Eight lanes in 90 s: 4 s a task. 1,000 of 1,008 tasks are 125 rounds of that, then comes the longest of 8.
    const tail = -4 * Math.log(1 - 0.5 ** (1 / 8));
    expect(leftAfter([0, seen(past)])).toBeCloseTo((125 * 4 + tail) / 60, 6);
  });

  it('goes on over the turn of a minute, whose total begins anew', () => {
    const alike = (spread: number) =>
      [
        [0, seen()],
        [20, seen({ ended: 40, ...took(160) })],
        [40, seen({ ended: 80, ...took(320) })],
        [
          60,
          seen({ ended: 120, minute: 1001, millisecondsLastMinute: 400_000, ...took(80 + spread) }),
        ],
      ] satisfies [number, Overview][];
    const width = (spread: number) => {
      const rate = new QueueRate();
      for (const [second, overview] of alike(spread)) rate.record(second * 1000, overview);
      const { lowMs = 1, highMs = Number.NaN } = rate.left() ?? {};
      return highMs / lowMs;
    };
    // In each 20 s there ended 40 tasks of 4 s, and the last 40 took as long in all, or 100 s longer.
    expect(width(0)).toBeLessThan(width(100));
  });

  it('counts what an original finishes, though nobody knows how long that took', () => {
    const beside = { besideOriginal: true };
    const looks = [
      [0, seen(beside, { finished: 100 })],
      [10, seen(beside, { finished: 140 })],
    ] satisfies [number, Overview][];
    // Eight in progress and 40 in 10 s: 2 s a task.
    const tail = -2 * Math.log(1 - 0.5 ** (1 / 8));
    expect(leftAfter(...looks)).toBeCloseTo((125 * 2 + tail) / 60, 6);
  });
});
