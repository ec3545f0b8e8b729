import { describe, expect, it } from 'vitest';
import { EndMeter, type Moment } from '../../../src/tasks/estimate';

const SECOND = 1000;

/** What is estimated after these looks, in seconds. */
function estimated(looks: Partial<Moment>[]) {
  const meter = new EndMeter();
  for (const look of looks) {
    meter.record({
      ...{ ms: 0, ended: 0, tookMs: undefined, todo: 0, inProgress: 0, lanes: undefined },
      ...look,
    });
  }
  const found = meter.estimate();
  return found && [found.ms, found.lowMs, found.highMs].map(ms => ms / SECOND);
}

/** One lane, ten tasks of ten seconds each, a look whenever one ends. */
const oneLane = (looks: number, tookMs?: number) =>
  Array.from({ length: looks + 1 }, (_, i) => ({
    ms: i * 10 * SECOND,
    ended: i === 0 ? 0 : 1,
    tookMs: i === 0 || tookMs === undefined ? undefined : tookMs,
    todo: Math.max(0, 9 - i),
    inProgress: i < 10 ? 1 : 0,
    lanes: 1,
  }));

describe('the estimated end', () => {
  it('is not known before anything ended, and when nothing is left', () => {
    expect(estimated([])).toBeUndefined();
    expect(estimated(oneLane(0))).toBeUndefined();
    expect(estimated(oneLane(10))).toBeUndefined();
  });

  it('is a body of whole tasks and a tail of which nobody knows how far it is', () => {
    // Four have ended and six are left. Body: five of 10 s. Tail: one, taken for exponential, half of
    // which last for 10 s · ln 2 more.
    const [ms = 0, low = 0, high = 0] = estimated(oneLane(4)) ?? [];
    expect(ms).toBeCloseTo(50 + 10 * Math.LN2, 6);
    // Two means are compared, of four tasks and of five: e^(1.645 · √(1/4 + 1/5)) = 3.015.
    expect(low).toBeCloseTo(50 / 3.015 + 0.05 * 10, 1);
    expect(high).toBeCloseTo(50 * 3.015 + 1.3 * 10 * Math.log(20), 0);
  });

  it('is narrower where tasks are seen to take the same time', () => {
    const [, low = 0, high = 0] = estimated(oneLane(7, 10 * SECOND)) ?? [];
    const [, lowOfAny = 0, highOfAny = 0] = estimated(oneLane(7)) ?? [];
    expect(high).toBeLessThan(highOfAny);
    expect(low).toBeGreaterThan(lowOfAny);
    expect(low).toBeLessThan(30);
    expect(high).toBeGreaterThan(30);
  });

  it('is wider where they are seen to differ', () => {
    const differing = oneLane(7).map((look, i) => ({ ...look, tookMs: (i % 3) * 10 * SECOND }));
    const alike = oneLane(7, 10 * SECOND);
    const width = (looks: Partial<Moment>[]) => {
      const [, low = 0, high = 0] = estimated(looks) ?? [];
      return high / low;
    };
    expect(width(differing)).toBeGreaterThan(2 * width(alike));
  });

  it('takes the last tasks for no faster than any: lanes that are free speed nothing up', () => {
    // Eight lanes ended eight tasks in each 10 s; by their rate alone the last would end in 1.25 s.
    const lanes = 8;
    const busy = { inProgress: 8, lanes };
    const looks = [
      { ms: 0, todo: 9, ...busy },
      { ms: 10 * SECOND, ended: 8, todo: 1, ...busy },
      { ms: 20 * SECOND, ended: 8, todo: 0, inProgress: 1, lanes },
    ];
    const [ms = 0, low = 0, high = 0] = estimated(looks) ?? [];
    expect(ms).toBeCloseTo(10 * Math.LN2, 6);
    expect(low).toBeCloseTo(0.5, 6);
    expect(high).toBeCloseTo(1.3 * 10 * Math.log(20), 6);
  });

  it('grows with the age of a tail that goes on: what has run for long will run for long', () => {
    const looks = oneLane(9).concat({
      ...{ ms: 690 * SECOND, ended: 0, tookMs: undefined, todo: 0, inProgress: 1, lanes: 1 },
    });
    // Nothing is left to start since the 90th second.
    const [ms, , high] = estimated(looks) ?? [];
    expect(ms).toBe(300);
    expect(high).toBe(2400);
  });

  it('goes by the rate where tasks are so short that none is seen in progress', () => {
    const looks = Array.from({ length: 11 }, (_, i) => ({
      ...{ ms: i * SECOND, ended: i === 0 ? 0 : 10, todo: 200 - 10 * i, inProgress: 0, lanes: 4 },
    }));
    const [ms = 0] = estimated(looks) ?? [];
    expect(ms).toBeCloseTo(9.9 + 0.1 * Math.LN2, 6);
  });

  it('takes a buffer for no lane, and what originals run, whose lanes nobody knows, for lanes', () => {
    const looks = (lanes: number | undefined) => [
      { ms: 0, todo: 100, inProgress: 12, lanes },
      { ms: 10 * SECOND, ended: 8, todo: 92, inProgress: 12, lanes },
    ];
    // 104 are left, eight of them the tail: 12 rounds of 10 s, and the longest of eight.
    const [ours = 0] = estimated(looks(8)) ?? [];
    expect(ours).toBeCloseTo(120 - 10 * Math.log(1 - 0.5 ** (1 / 8)), 6);
    // Twelve lanes of 15 s a task: 92 of them are 7.67 rounds.
    const [theirs = 0] = estimated(looks(undefined)) ?? [];
    expect(theirs).toBeCloseTo(115 - 15 * Math.log(1 - 0.5 ** (1 / 12)), 6);
  });
});
