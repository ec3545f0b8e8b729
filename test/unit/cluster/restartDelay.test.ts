import { describe, expect, it } from 'vitest';
import { endsInARow, restartDelayMs } from '../../../src/cluster/restartDelay';

describe('the wait before a killed worker starts again', () => {
  it('doubles from half a second up to half a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map(restartDelayMs);
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('counts ends in a row until the worker has lived for a minute', () => {
    expect(endsInARow(0, 10)).toBe(1);
    expect(endsInARow(4, 59_999)).toBe(5);
    expect(endsInARow(4, 60_000)).toBe(1);
  });
});
