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
      secondsOfThisMinute: 0,
      endedThisMinute: 0,
      endedLastMinute: 0,
      millisecondsLastMinute: 0,
      besideOriginal: false,
      ...progress,
    },
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
