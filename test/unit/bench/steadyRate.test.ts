import { describe, expect, it } from 'vitest';
import { steadyRate } from '../../bench/proposal/steadyRate';

const window = { warmUpMs: 1000, leastMs: 1500 };
const every = (ms: number, count: number) => Array.from({ length: count }, (_, i) => i * ms);

describe('the rate over the steady part', () => {
  it('is that of events that come evenly, close together or not', () => {
    expect(steadyRate(every(1, 4000), window)).toBeCloseTo(1000);
    expect(steadyRate(every(50, 100), window)).toBeCloseTo(20);
    expect(steadyRate(every(2000, 4), window)).toBeCloseTo(0.5);
  });

  it('counts whole bursts', () => {
    const bursts = every(2010, 4).flatMap(at => Array.from({ length: 32 }, (_, i) => at + i / 10));
    expect(steadyRate(bursts, { warmUpMs: 0, leastMs: 3500 })).toBeCloseTo((64 * 1000) / 4020);
    // Also when the warm-up ends within one.
    expect(steadyRate(bursts, { warmUpMs: 1, leastMs: 2000 })).toBeCloseTo((32 * 1000) / 2010);
  });

  it('leaves out how it was before it was warm', () => {
    const slowAtFirst = [0, 900, ...every(10, 300).map(ms => 1000 + ms)];
    expect(steadyRate(slowAtFirst, window)).toBeCloseTo(100);
  });

  it('is not known before the window is over', () => {
    expect(steadyRate([], window)).toBeUndefined();
    expect(steadyRate(every(10, 240), window)).toBeUndefined();
    expect(steadyRate(every(1, 2600), window)).toBeUndefined();
  });
});
