import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outliersOf } from '../../../src/queue/outliers';
import type { ToldDetails } from '../../../src/queue/workerDetails';
import type { QueueWorker } from '../../../src/queue/workers';

type Figures = Omit<ToldDetails, 'switches'>;

const worker = (figures: Figures, i: number): QueueWorker => ({
  name: `w~${i}`,
  kind: 'ours',
  draining: false,
  looksWithoutChange: 0,
  details: { switches: {}, ...figures },
});

const judged = (all: readonly Figures[]) => Object.fromEntries(outliersOf(all.map(worker)));

/** So many of its last attempts failed. */
const fails = (failed: number, ended: number): Figures => ({
  recent_failed: failed,
  recent_ended: ended,
});

/** So many finished with this mean and deviation. */
const takes = (mean: number, deviation = 0, finished = 10): Figures => ({
  recent_ended: finished,
  recent_failed: 0,
  mean_ms: mean,
  deviation_ms: deviation,
});

describe('a worker that fails what others finish', () => {
  it('is marked with how many of its last attempts failed', () => {
    expect(judged([fails(0, 10), fails(9, 10), fails(1, 10), fails(0, 10)])).toEqual({
      'w~1': [{ kind: 'fails', failed: 9, ended: 10 }],
    });
  });

  it('is marked beside a single other one, once that is no chance', () => {
    // Of ten attempts five failed: one in 252 ways has all of them on one worker, and there are two workers.
    expect(judged([fails(5, 5), fails(0, 5)])).toHaveProperty('w~0');
    // Of ten attempts four failed: five in 210 ways.
    expect(judged([fails(4, 5), fails(0, 5)])).toEqual({});
    // One in 126 ways is enough for neither two workers nor three.
    expect(judged([fails(5, 5), fails(0, 4)])).toEqual({});
    expect(judged([fails(5, 5), fails(0, 2), fails(0, 2)])).toEqual({});
  });

  it('is held to more where there are more workers among which chance could choose', () => {
    const beside = (others: number) => [
      fails(5, 5),
      ...Array.from({ length: others }, () => fails(2, 5)),
    ];
    // All of five, where two of five fail on average: nearly one in a hundred, for each worker.
    for (const others of [1, 10, 200]) expect(judged(beside(others))).toEqual({});
    expect(judged([fails(50, 50), ...beside(200).slice(1)])).toHaveProperty('w~0');
  });

  it('is not marked when it fails less than half, or less than twice as much as the rest', () => {
    expect(judged([fails(24, 50), fails(0, 50), fails(0, 50)])).toEqual({});
    expect(judged([fails(25, 50), fails(0, 50), fails(0, 50)])).toHaveProperty('w~0');
    expect(judged([fails(50, 50), fails(26, 50), fails(25, 50)])).toEqual({});
    expect(judged([fails(50, 50), fails(25, 50), fails(25, 50)])).toHaveProperty('w~0');
  });

  it('is marked beside others that fail too, while these are the fewer', () => {
    const crew = (broken: number, whole: number) => [
      ...Array.from({ length: broken }, () => fails(50, 50)),
      ...Array.from({ length: whole }, () => fails(0, 50)),
    ];
    expect(Object.keys(judged(crew(2, 8)))).toEqual(['w~0', 'w~1']);
    expect(judged(crew(3, 1))).toEqual({});
    expect(judged(crew(10, 0))).toEqual({});
  });

  it('is not marked when it is alone, or the others tell nothing', () => {
    expect(judged([fails(50, 50)])).toEqual({});
    expect(judged([fails(50, 50), {}, {}])).toEqual({});
    expect(judged([fails(50, 50), fails(0, 0), fails(0, 0)])).toEqual({});
  });

  it('is not made one by others that tell nonsense', () => {
    const nonsense = [fails(7, 3), fails(0.5, 20), fails(0, 1e300), { recent_failed: 9 }];
    expect(judged([fails(50, 50), ...nonsense])).toEqual({});
  });
});

describe('a worker that takes longer than the rest', () => {
  it('is marked with how many times its mean is the median of the others', () => {
    expect(judged([takes(1_000), takes(3_600), takes(1_100), takes(1_300)])).toEqual({
      'w~1': [{ kind: 'slow', times: 3_600 / 1_100 }],
    });
  });

  it('is marked from twice as long on', () => {
    const others = [takes(1_000), takes(1_000), takes(1_000)];
    expect(judged([takes(1_999), ...others])).toEqual({});
    expect(judged([takes(2_000), ...others])).toEqual({ 'w~0': [{ kind: 'slow', times: 2 }] });
  });

  it('is not marked when tasks of unequal length explain it', () => {
    const others = [takes(1_000), takes(1_000), takes(1_000)];
    // ln 3 is 1.10. Three errors: 3 × 1.0 / √10 is 0.95, 3 × 1.2 / √10 is 1.14.
    expect(judged([takes(3_000, 3_000), ...others])).toHaveProperty('w~0');
    expect(judged([takes(3_000, 3_600), ...others])).toEqual({});
    expect(judged([takes(3_000, 3_600, 50), ...others])).toHaveProperty('w~0');
  });

  it('is not marked where the others are as far apart', () => {
    expect(judged([takes(3_000), takes(500), takes(1_000), takes(2_000)])).toEqual({});
    expect(judged([takes(3_000), takes(1_000), takes(1_000), takes(3_000)])).toEqual({});
  });

  it('is marked only beside three others, each with ten that finished', () => {
    expect(judged([takes(9_000), takes(1_000), takes(1_000)])).toEqual({});
    const few = takes(1_000, 0, 9);
    expect(judged([takes(9_000), few, takes(1_000), takes(1_000)])).toEqual({});
    expect(judged([takes(9_000, 0, 9), takes(1_000), takes(1_000), takes(1_000)])).toEqual({});
    const failedToo = { ...takes(9_000), recent_failed: 1 };
    expect(judged([failedToo, takes(1_000), takes(1_000), takes(1_000)])).toEqual({});
    expect(judged([takes(9_000), takes(0), takes(0), takes(0)])).toEqual({});
  });

  it('can fail more than the rest as well', () => {
    const broken = { ...takes(9_000), ...fails(40, 50) };
    expect(judged([broken, takes(1_000), takes(1_000), takes(1_000)])).toEqual({
      'w~0': [
        { kind: 'fails', failed: 40, ended: 50 },
        { kind: 'slow', times: 9 },
      ],
    });
  });
});

describe('whatever workers tell', () => {
  const figures = fc
    .record({
      recent_ended: fc.integer({ min: 0, max: 50 }),
      failedShare: fc.double({ min: 0, max: 1, noNaN: true }),
      mean_ms: fc.double({ min: 0.1, max: 1e8, noNaN: true }),
      relative: fc.double({ min: 0, max: 3, noNaN: true }),
    })
    .map(({ recent_ended, failedShare, mean_ms, relative }) => ({
      recent_ended,
      recent_failed: Math.floor(recent_ended * failedShare),
      mean_ms,
      deviation_ms: mean_ms * relative,
    }));
  const crew = fc.array(figures, { maxLength: 40 });

  it('equal ones of any number are no outliers', () => {
    fc.assert(
      fc.property(figures, fc.integer({ min: 0, max: 300 }), (each, count) => {
        expect(judged(Array.from({ length: count }, () => each))).toEqual({});
      }),
    );
  });

  it('no durations but their proportions count', () => {
    fc.assert(
      // Powers of two: exact for numbers of a computer too.
      fc.property(crew, fc.integer({ min: -20, max: 20 }), (all, power) => {
        const scaled = all.map(each => ({
          ...each,
          mean_ms: each.mean_ms * 2 ** power,
          deviation_ms: each.deviation_ms * 2 ** power,
        }));
        expect(judged(scaled)).toEqual(judged(all));
      }),
    );
  });

  it('the order does not matter, and neither do those that tell nothing', () => {
    fc.assert(
      fc.property(crew, all => {
        const workers = all.map(worker);
        const silent = { ...worker({}, 999), kind: 'original' as const };
        const turned = [silent, ...workers.toReversed()];
        expect(Object.fromEntries(outliersOf(turned))).toEqual(judged(all));
      }),
    );
  });

  it('who is marked fails at least half, or takes at least twice the shortest', () => {
    fc.assert(
      fc.property(crew, all => {
        const shortest = Math.min(...all.map(({ mean_ms }) => mean_ms));
        for (const [name, outliers] of outliersOf(all.map(worker))) {
          const told = all[Number(name.slice(2))];
          for (const outlier of outliers) {
            if (outlier.kind === 'fails') expect(outlier.failed * 2 >= outlier.ended).toBe(true);
            else expect(told?.mean_ms).toBeGreaterThanOrEqual(2 * shortest);
          }
        }
      }),
    );
  });
});
