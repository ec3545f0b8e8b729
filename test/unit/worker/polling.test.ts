import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextWait } from '../../../src/worker/polling';

const adaptive = { adaptive: true, fixedMs: 2000 };

describe('when an idle worker asks again', () => {
  it('waits 50 ms after the first empty claim and doubles up to 5 s', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 20, 1000].map(n => nextWait(adaptive, n, 0));
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it('takes off up to a quarter, so that idle workers do not ask at once', () => {
    expect(nextWait(adaptive, 3, 0.5)).toBe(350);
    expect(nextWait(adaptive, 3, 0.999)).toBeGreaterThan(300);
  });

  it('waits the configured time, always, when adaptive polling is off', () => {
    const waits = [0, 1, 50].map(n => nextWait({ adaptive: false, fixedMs: 2000 }, n, 0.7));
    expect(waits).toEqual([2000, 2000, 2000]);
  });

  it('is always between 37.5 ms and 5 s, and longer the longer nothing came, jitter apart', () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(fc.nat(1_000_000), random, (emptyClaims, jitter) => {
        const wait = nextWait(adaptive, emptyClaims, jitter);
        expect(wait).toBeGreaterThan(37.5 - 1e-9);
        expect(wait).toBeLessThanOrEqual(5000);
        expect(nextWait(adaptive, emptyClaims + 1, jitter)).toBeGreaterThanOrEqual(wait);
      }),
    );
  });
});
