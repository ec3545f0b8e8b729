import { describe, expect, it } from 'vitest';
import type { Minute } from '../../../src/queue/history';
import { runSoFar } from '../../../src/queue/runSoFar';

const NOW = 30_000_000;

/** The last minute is the one that goes on, and has lasted for so many seconds. */
function of(ended: (number | 'running')[], seconds = 30) {
  const minutes = ended.map((each, i): Minute => {
    const minute = NOW - ended.length + 1 + i;
    if (each !== 'running')
      return { minute, finished: each - Math.min(1, each), failed: Math.min(1, each) };
    const cluster = {
      todo: 9,
      running: 4,
      lanes: 4,
      usedCores: 4,
      cores: 4,
      usedGb: 1,
      totalGb: 8,
    };
    return { minute, finished: 0, failed: 0, cluster };
  });
  return runSoFar(minutes, NOW * 60 + seconds);
}

describe('the run that goes on', () => {
  it('is the stretch of minutes without an idle one, but for that in which it began', () => {
    // 60 and 20 of 90 s; of the minute with 7 nobody knows when in it the first began.
    expect(of([50, 0, 7, 60, 20])).toEqual({ ended: 80, seconds: 90, isWhole: true });
  });

  it('goes on through minutes in which tasks ran and none ended', () => {
    expect(of([0, 7, 'running', 'running', 4])).toEqual({ ended: 4, seconds: 150, isWhole: true });
  });

  it('goes on into a minute of which nothing is known yet', () => {
    expect(of([0, 7, 60, 0], 2)).toEqual({ ended: 60, seconds: 62, isWhole: true });
  });

  it('is not known in its first minute, and when nothing runs', () => {
    expect(of([9, 0, 0, 7])).toBeUndefined();
    expect(of([9, 9, 0, 0])).toBeUndefined();
    expect(of([0, 0, 0])).toBeUndefined();
    expect(of([])).toBeUndefined();
  });

  it('is not known before its second minute has had a second', () => {
    expect(of([0, 7, 3], 0)).toEqual({ ended: 3, seconds: 1, isWhole: true });
  });

  it('is as much of it as is kept', () => {
    expect(of([60, 60, 20])).toEqual({ ended: 140, seconds: 150, isWhole: false });
  });
});
