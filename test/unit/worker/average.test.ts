import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MovingAverage } from '../../../src/worker/average';

function averageOf(samples: readonly number[]): number | undefined {
  const average = new MovingAverage();
  for (const sample of samples) average.add(sample);
  return average.value;
}

describe('a moving average', () => {
  it('is undefined before the first sample', () => {
    expect(averageOf([])).toBeUndefined();
  });

  it('is the plain mean of the first twelve samples', () => {
    expect(averageOf([5])).toBe(5);
    expect(averageOf([10, 20, 60])).toBeCloseTo(30);
  });

  it('follows a change within some dozen samples', () => {
    const before = Array.from({ length: 1000 }, () => 100);
    const after = Array.from({ length: 48 }, () => 10);
    expect(averageOf(before)).toBeCloseTo(100);
    expect(averageOf([...before, ...after])).toBeLessThan(12);
  });

  it('is never outside of what was added', () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, added => {
        const slack = 1e-9 * Math.max(...added);
        expect(averageOf(added)).toBeGreaterThanOrEqual(Math.min(...added) - slack);
        expect(averageOf(added)).toBeLessThanOrEqual(Math.max(...added) + slack);
      }),
    );
  });
});
