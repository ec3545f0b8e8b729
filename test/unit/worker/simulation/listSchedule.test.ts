import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listScheduleMs } from './listSchedule';
import { DURATIONS } from './random';
import { simulate, tasksOf } from './simulate';

const tasks = (...durations: number[]) => durations.map(durationMs => ({ durationMs }));

describe('list scheduling', () => {
  it('gives each task to the lane that is first to be free', () => {
    const one = [{ lanes: 2, speed: 1 }];
    expect(listScheduleMs(tasks(10, 10, 10), one)).toBe(20);
    expect(listScheduleMs(tasks(30, 10, 10, 10), one)).toBe(30);
    // Graham's bound: the long one comes last.
    expect(listScheduleMs(tasks(10, 10, 10, 30), one)).toBe(40);
  });

  it('lets the fastest of free lanes begin', () => {
    const slowAndFast = [
      { lanes: 1, speed: 1 },
      { lanes: 1, speed: 4 },
    ];
    expect(listScheduleMs(tasks(40), slowAndFast)).toBe(10);
    expect(listScheduleMs(tasks(40, 40, 40), slowAndFast)).toBe(40);
  });

  it('is never under the work that each lane has, or the longest task, and at most both together', () => {
    const durations = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(durations, fc.integer({ min: 1, max: 20 }), (durations, lanes) => {
        const found = listScheduleMs(tasks(...durations), [{ lanes, speed: 1 }]);
        const work = durations.reduce((sum, ms) => sum + ms, 0) / lanes;
        const longest = Math.max(...durations);
        expect(found).toBeGreaterThanOrEqual(Math.max(work, longest) * (1 - 1e-9));
        expect(found).toBeLessThanOrEqual((work + longest) * (1 + 1e-9));
      }),
    );
  });

  it('is what the simulated workers come to where a round trip takes no time', () => {
    const durations = DURATIONS.uniform?.(100);
    if (durations === undefined) throw new Error('no distribution is called uniform');
    const workers = [{ lanes: 4, speed: 1 }];
    const run = {
      seed: 7,
      workers,
      tasks: 200,
      durations,
      roundTripMs: 0,
      prefetch: 0,
      submitAtMs: 0,
    };
    expect(simulate(run).makespanMs).toBeCloseTo(listScheduleMs(tasksOf(run), workers), 3);
  });
});
