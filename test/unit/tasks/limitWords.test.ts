import { describe, expect, it } from 'vitest';
import {
  failuresLimit,
  hasLimits,
  limitReached,
  limitsOfQueue,
  pausedWords,
  runningLimit,
} from '../../../src/tasks/limitWords';
import { formatPace } from '../../../src/tasks/rate';

const NONE = { maxRunning: null, stopAfterFailures: null, failures: 0 };

describe('the words for limits', () => {
  it('say how many may be in progress, and how many are once that matters', () => {
    expect(runningLimit(NONE, 7)).toBe('');
    expect(runningLimit({ ...NONE, maxRunning: 1 }, 0)).toBe('at most 1 task in progress');
    const limits = { ...NONE, maxRunning: 1200 };
    expect(runningLimit(limits, 1199)).toBe('at most 1,200 tasks in progress');
    expect(runningLimit(limits, 1200)).toBe('1,200 of at most 1,200 in progress');
    expect(runningLimit(limits, 1300)).toBe('1,300 of at most 1,200 in progress');
    expect([1199, 1200, 1300].map(held => limitReached(limits, held))).toEqual([
      undefined,
      1200,
      1200,
    ]);
    expect(limitReached(NONE, 1_000_000)).toBeUndefined();
  });

  it('say after how many failures a queue pauses, and how many there are', () => {
    expect(failuresLimit(NONE)).toBe('');
    expect(failuresLimit({ ...NONE, stopAfterFailures: 1 })).toBe('pauses after 1 failure');
    const limits = { ...NONE, stopAfterFailures: 1000, failures: 999 };
    expect(failuresLimit(limits)).toBe('pauses after 1,000 failures, 999 so far');
  });

  it('say both of a queue, or that it has none', () => {
    expect(hasLimits(NONE)).toBe(false);
    expect(limitsOfQueue('q', NONE, 3)).toBe('Queue "q" has no limits.');
    const both = { maxRunning: 4, stopAfterFailures: 10, failures: 3 };
    expect(hasLimits(both)).toBe(true);
    expect(limitsOfQueue('q', both, 0)).toBe(
      'Queue "q": at most 4 tasks in progress · pauses after 10 failures, 3 so far',
    );
  });

  it('say who paused a queue, also where its pace is said', () => {
    expect(pausedWords(null)).toBe('paused');
    expect(pausedWords(1)).toBe('paused since 1 task failed, the limit of this queue');
    const pace = {
      remaining: 3,
      perSecond: undefined,
      leftMs: undefined,
      workers: 2,
      paused: true,
      closed: false,
    };
    expect(formatPace({ ...pace, pausedAfterFailures: null })).toBe('paused');
    expect(formatPace({ ...pace, pausedAfterFailures: 4, perSecond: 3.1 })).toBe(
      'paused since 4 tasks failed, the limit of this queue · 3.1/s',
    );
  });
});
