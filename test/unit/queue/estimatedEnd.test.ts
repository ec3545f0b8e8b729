/**
 * How far off the estimated end is: at each look of a run it said a range, and now the end is known.
 * Recorded runs are of real workers (`test/record/runs.record.ts`), the longer ones are simulated.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Overview } from '../../../src/queue/overview';
import { QueueRate } from '../../../src/queue/queueRate';
import { EndMeter, type Estimate } from '../../../src/tasks/estimate';
import { parseRun, type RecordedLook } from '../../setup/recordedRun';
import { MEASURED } from '../worker/simulation/durations';
import { type Look, type Run, simulate } from '../worker/simulation/simulate';

const FOLDER = join(import.meta.dirname, '..', '..', 'fixtures', 'runs');

/** What was said at a look, and what was left then. */
interface Said extends Estimate {
  leftMs: number;
}

interface Measured {
  /** Part of the looks at which the end lay in the range, in per cent. */
  inside: number;
  /** In half of all looks the upper bound is at most so many times the lower one. */
  width: number;
  /** In nine of ten looks the number is off by this factor at most. */
  off: number;
}

function measure(said: readonly Said[]): Measured {
  const inside = said.filter(({ leftMs, lowMs, highMs }) => leftMs >= lowMs && leftMs <= highMs);
  const width = said.map(({ lowMs, highMs }) => highMs / lowMs);
  const off = said.map(({ ms, leftMs }) => Math.exp(Math.abs(Math.log(ms / leftMs))));
  return {
    inside: Math.round((100 * inside.length) / said.length),
    width: tenths(quantile(width, 0.5)),
    off: tenths(quantile(off, 0.9)),
  };
}

const tenths = (value: number) => Math.round(value * 10) / 10;

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
}

describe('in runs of real workers', () => {
  const overviewOf = ({ todo, inProgress, lanes, ms: _, ...progress }: RecordedLook): Overview => ({
    counts: {
      ...{ todo, inProgress, waitingForRetry: 0, failed: 0, finished: progress.ended },
      ...{ workers: 2, closed: false, paused: false, pausedAfterFailures: null, held: inProgress },
      limits: { maxRunning: null, stopAfterFailures: null, failures: 0 },
      undoable: 0,
    },
    progress: { ...progress, mark: 'a', besideOriginal: false },
    spent: { onRetries: 0, onLostWorkers: 0, byPeers: 0 },
    lanes: { all: lanes, running: inProgress },
    failures: { kinds: 0 },
    waitingForRoom: 0,
  });

  /** From the look on at which so many tasks had ended. */
  function replay(name: string, from: number): (Said & { byRateMs: number })[] {
    const looks = parseRun(readFileSync(join(FOLDER, `${name}.csv`), 'utf8'));
    const endMs = looks.at(-1)?.ms ?? 0;
    const rate = new QueueRate();
    return looks.flatMap(look => {
      rate.record(look.ms, overviewOf(look));
      const estimate = rate.left();
      const perSecond = rate.perSecond();
      if (!estimate || !perSecond || look.ended < from) return [];
      const byRateMs = ((look.todo + look.inProgress) * 1000) / perSecond;
      return [{ ...estimate, leftMs: endMs - look.ms, byRateMs }];
    });
  }

  const three = (name: string) => [1, 2, 3].map(seed => `${name}-${seed}`);

  it.each<[name: string, runs: string[], from: number, measured: Measured, offByRate: number]>([
    ['constant', ['constant'], 0, { inside: 100, width: 1.4, off: 1.1 }, 1.1],
    ['exponential', three('exponential'), 0, { inside: 99, width: 1.8, off: 1.3 }, 1.4],
    ['lognormal', three('lognormal'), 0, { inside: 100, width: 2, off: 1.4 }, 1.4],
    ['Pareto', three('pareto'), 0, { inside: 89, width: 2, off: 1.9 }, 2.2],
    ['two lanes', ['few-lanes'], 0, { inside: 100, width: 2.9, off: 1.4 }, 1.6],
    // From the look on at which half of the lanes were seen to be gone.
    ['half of the lanes leave', ['one-leaves'], 250, { inside: 100, width: 1.7, off: 1.3 }, 1.9],
    // Half a minute after the change: what is to come cannot be known, and that much is averaged.
    ['slower midway', ['slower-midway'], 350, { inside: 100, width: 3.1, off: 1.3 }, 3.6],
  ])('%s', (_, runs, from, measured, offByRate) => {
    const said = runs.flatMap(run => replay(run, from));
    expect(said.length).toBeGreaterThan(40);
    const found = measure(said);
    expect(found).toEqual(measured);
    // What is left by the rate alone, as if lanes never ran out of tasks, is never nearer.
    const byRate = measure(said.map(({ byRateMs, ...each }) => ({ ...each, ms: byRateMs })));
    expect(byRate.off).toBe(offByRate);
    expect(found.off).toBeLessThanOrEqual(byRate.off);
    expect(found.inside).toBeGreaterThanOrEqual(80);
    expect(found.width).toBeLessThanOrEqual(6);
  });
});

describe('in simulated runs of minutes to hours', () => {
  const SEEDS = [31, 62, 93, 124, 155];
  const equal = (count: number, lanes: number) =>
    Array.from({ length: count }, () => ({ lanes, speed: 1 }));
  const unequal = [8, 4, 2, 1].map((lanes, i) => ({ lanes, speed: [1, 0.7, 1.4, 1.2][i] ?? 1 }));
  type Setting = Pick<Run, 'workers' | 'tasks' | 'durations' | 'laterBy'>;

  function replay(setting: Setting, seed: number): Said[] {
    const looks: Look[] = [];
    const lanes = setting.workers.reduce((sum, worker) => sum + worker.lanes, 0);
    const meanMs = (setting.durations(0.2) + setting.durations(0.5) + setting.durations(0.8)) / 3;
    // About four hundred looks, not more often than views look.
    const everyMs = Math.max(500, (setting.tasks * meanMs) / lanes / 400);
    const { makespanMs } = simulate({
      ...setting,
      ...{ seed, prefetch: 4, roundTripMs: 5, submitAtMs: 5000 },
      watch: { everyMs, see: look => looks.push(look) },
    });
    const meter = new EndMeter();
    const { laterBy = 1 } = setting;
    return looks.flatMap((look, i) => {
      const before = looks[i - 1] ?? { ended: 0, milliseconds: 0 };
      const { ms, todo, inProgress } = look;
      const [ended, tookMs] = [look.ended - before.ended, look.milliseconds - before.milliseconds];
      meter.record({ ms, ended, tookMs, todo, inProgress, lanes });
      const estimate = meter.estimate();
      if (!estimate || (laterBy !== 1 && look.ended < setting.tasks / 2)) return [];
      return [{ ...estimate, leftMs: makespanMs - ms }];
    });
  }

  const MINUTE = 60_000;
  it.each<[name: string, setting: Setting, inside: number, width: number]>([
    [
      'constant, short',
      { workers: equal(8, 4), tasks: 20_000, durations: MEASURED.constant(1000) },
      100,
      1.1,
    ],
    [
      'constant, long',
      { workers: equal(4, 4), tasks: 300, durations: MEASURED.constant(2 * MINUTE) },
      83,
      2.2,
    ],
    [
      'unequal workers',
      { workers: unequal, tasks: 600, durations: MEASURED.constant(MINUTE) },
      100,
      1.8,
    ],
    [
      'exponential',
      { workers: equal(8, 4), tasks: 20_000, durations: MEASURED.exponential(1000) },
      96,
      1.2,
    ],
    [
      'exponential, long',
      { workers: equal(4, 4), tasks: 300, durations: MEASURED.exponential(2 * MINUTE) },
      98,
      3.9,
    ],
    [
      'lognormal',
      { workers: equal(8, 4), tasks: 3000, durations: MEASURED.lognormal(10_000) },
      99,
      2,
    ],
    ['Pareto', { workers: equal(8, 4), tasks: 3000, durations: MEASURED.pareto(10_000) }, 88, 2.3],
    [
      'Pareto, long',
      { workers: equal(4, 4), tasks: 1600, durations: MEASURED.pareto(MINUTE) },
      92,
      4.2,
    ],
    [
      'two lanes',
      { workers: equal(1, 2), tasks: 60, durations: MEASURED.exponential(MINUTE) },
      98,
      3.8,
    ],
    [
      '400 lanes',
      { workers: equal(100, 4), tasks: 20_000, durations: MEASURED.exponential(10_000) },
      96,
      1.7,
    ],
    [
      'slower midway',
      { workers: equal(8, 4), tasks: 5000, durations: MEASURED.exponential(5000), laterBy: 3 },
      98,
      1.9,
    ],
    [
      'faster midway',
      {
        workers: equal(8, 4),
        tasks: 5000,
        durations: MEASURED.exponential(10_000),
        laterBy: 1 / 3,
      },
      92,
      2.2,
    ],
  ])('%s', (_, setting, inside, width) => {
    const said = SEEDS.flatMap(seed => replay(setting, seed));
    expect(said.length).toBeGreaterThan(400);
    const found = measure(said);
    expect([found.inside, found.width]).toEqual([inside, width]);
    expect(found.inside).toBeGreaterThanOrEqual(80);
    expect(found.width).toBeLessThanOrEqual(6);
  });
});
