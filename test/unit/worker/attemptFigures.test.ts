import { describe, expect, it } from 'vitest';
import { AttemptCount, type AttemptEnd } from '../../../src/worker/attemptFigures';

const finished = (ms: number): AttemptEnd => ({ ms, outcome: 'finished' });
const failed: AttemptEnd = { ms: 9_000, outcome: 'failed' };

function figuresOf(ends: readonly AttemptEnd[]) {
  const count = new AttemptCount();
  for (const end of ends) count.add(end);
  return count.figures;
}

const NONE = { ended: 0, failed: 0, recent_ended: 0, recent_failed: 0 };

describe('the figures of attempts', () => {
  it('are noughts without a mean before anything ended', () => {
    expect(figuresOf([])).toEqual(NONE);
  });

  it('have the mean and the deviation of what finished, and of that alone', () => {
    // Mean 4, squares 4 + 1 + 9 over 2.
    expect(figuresOf([finished(2), failed, finished(3), finished(7), failed])).toEqual({
      ended: 5,
      failed: 2,
      recent_ended: 5,
      recent_failed: 2,
      mean_ms: 4,
      deviation_ms: 2.6,
    });
    expect(figuresOf([failed, finished(7.04)])).toMatchObject({ mean_ms: 7 });
    expect(figuresOf([failed, finished(7.04)])).not.toHaveProperty('deviation_ms');
    expect(figuresOf([failed])).not.toHaveProperty('mean_ms');
  });

  it('count as failed what was ended for its memory, and nothing that went back or was withdrawn', () => {
    expect(figuresOf([{ ms: 1, outcome: 'memory' }])).toMatchObject({ ended: 1, failed: 1 });
    expect(figuresOf([{ ms: 1, outcome: 'returned' }])).toEqual(NONE);
    expect(figuresOf([{ ms: 1, outcome: undefined }])).toEqual(NONE);
  });

  it('say besides what the last fifty did, so that a host that was mended looks so', () => {
    const ends = [
      ...Array.from({ length: 100 }, () => failed),
      ...Array.from({ length: 49 }, () => finished(10)),
    ];
    expect(figuresOf(ends)).toEqual({
      ended: 149,
      failed: 100,
      recent_ended: 50,
      recent_failed: 1,
      mean_ms: 10,
      deviation_ms: 0,
    });
  });
});
