import { describe, expect, it } from 'vitest';
import type { QueueWorker } from '../../../src/queue/workers';
import {
  compareNames,
  coresInUse,
  drainQuestion,
  drainWords,
  failuresOf,
  forcedWords,
  goneWords,
  lanesInUse,
  lostWords,
  meanDurationOf,
  memoryInUse,
  outlierWords,
  rateOf,
  switchedOff,
  workerState,
  wrongWith,
} from '../../../src/queue/workerWords';
import { clockTime } from '../../../src/tasks/words';

const NOW = new Date(2026, 10, 24, 14, 2, 31).getTime();

const worker = (rest: Partial<QueueWorker> = {}): QueueWorker => ({
  name: 'node4~1',
  kind: 'ours',
  draining: false,
  heartbeatAgeMs: 1_000,
  looksWithoutChange: 0,
  details: { switches: {} },
  ...rest,
});

describe('the state of a worker', () => {
  it.each([
    ['has a heartbeat', {}, 'live', []],
    ['has none yet', { heartbeatAgeMs: undefined }, 'silent', ['no heartbeat yet']],
    ['is late', { heartbeatAgeMs: 31_000 }, 'silent', ['no heartbeat for 31 s']],
    [
      'was looked at five times, and is ours: the next look decides',
      { heartbeatAgeMs: 31_000, looksWithoutChange: 5 },
      'silent',
      ['no heartbeat for 31 s'],
    ],
    [
      'was looked at five times, and is an original',
      { kind: 'original', heartbeatAgeMs: 31_000, looksWithoutChange: 5 },
      'lost',
      ['lost since 14:02'],
    ],
    [
      'drains and has a problem',
      { draining: true, details: { switches: {}, problem: 'the disk\u001b is full' } },
      'live',
      ['draining', 'the disk␛ is full'],
    ],
  ] as const)('that %s', (_, rest, state, wrong) => {
    const { heartbeatAgeMs, ...without } = worker(rest as Partial<QueueWorker>);
    const given = heartbeatAgeMs === undefined ? without : { ...without, heartbeatAgeMs };
    expect(workerState(given)).toBe(state);
    expect(wrongWith(given, NOW)).toEqual(wrong);
  });
});

describe('what a worker has and does', () => {
  it('is said where it tells it, and left out where not', () => {
    const told = worker({
      load: { usedCores: 7.6, totalCores: 64, usedGb: 61.2, totalGb: 128 },
      details: { lanes: 8, running: 8, rate: 14.2, switches: { prefetch: 0, lanes: true } },
    });
    expect(
      [lanesInUse, memoryInUse, coresInUse, rateOf, switchedOff].map(say => say(told)),
    ).toEqual(['8 of 8 lanes', '61 of 128 GB', '7.6 of 64 cores', '14/s', 'off: prefetch']);
    expect([lanesInUse, memoryInUse, coresInUse, rateOf].map(say => say(worker()))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('how the attempts of a worker end', () => {
  it('is said of the last ones', () => {
    const told = (rest: Partial<QueueWorker['details']>) =>
      worker({ details: { switches: {}, ...rest } });
    const broken = told({ recent_ended: 50, recent_failed: 9, mean_ms: 4_210.5 });
    expect(failuresOf(broken)).toBe('9 of the last 50 failed');
    expect(meanDurationOf(broken)).toBe('4.2 s');
    expect(meanDurationOf(told({ mean_ms: 35.4 }))).toBe('35 ms');
    expect(failuresOf(told({ recent_ended: 0, recent_failed: 0 }))).toBeUndefined();
    expect([failuresOf(worker()), meanDurationOf(worker())]).toEqual([undefined, undefined]);
  });

  it.each([
    [{ kind: 'fails', failed: 9, ended: 10 }, 'fails 9 of 10'],
    [{ kind: 'slow', times: 3.02 }, '3 times slower than the rest'],
    [{ kind: 'slow', times: 2.44 }, '2.4 times slower than the rest'],
    [{ kind: 'slow', times: 9.96 }, '10 times slower than the rest'],
    [{ kind: 'slow', times: 1_234.5 }, '1,235 times slower than the rest'],
  ] as const)('is marked where it differs: %o', (outlier, words) => {
    expect(outlierWords(outlier)).toBe(words);
  });
});

describe('what became of workers', () => {
  it('is said with what to expect of their tasks', () => {
    expect(lostWords({ worker: 'node4~1', tasks: 8, silentMs: 31_000 })).toBe(
      'node4~1 has not answered for 31 s. Its 8 tasks went back to the queue.',
    );
    expect(lostWords({ worker: 'node4~1', tasks: 1 })).toBe(
      'node4~1 never answered. Its task went back to the queue.',
    );
    expect(goneWords({ name: 'node4~1', sinceMs: 0, tasks: 0 })).toBe('It held no task.');
    expect(forcedWords('cloud3', 0)).toBe(
      '0 tasks of cloud3 went back to the queue: nothing stood under its name.',
    );
    expect(drainWords(2)).toBe('2 workers drain: what they run is finished, then they end.');
    const end = 'This cannot be undone: others must be started in their place.';
    expect(drainQuestion(['node4~1'])).toBe(
      `Drain node4~1? It takes nothing new, finishes what it runs, and ends. ${end}`,
    );
    expect(drainQuestion(['node4~1', 'node5~1'])).toBe(
      `Drain 2 workers? They take nothing new, finish what they run, and end. ${end}`,
    );
  });
});

describe('times and names', () => {
  it('of today are without a date', () => {
    expect(clockTime(NOW - 3_600_000, NOW)).toBe('13:02');
    expect(clockTime(NOW - 24 * 3_600_000, NOW)).toBe('2026-11-23 14:02');
  });

  it('stand as people count', () => {
    expect(['node10~1', 'node9~1', 'node9~2'].sort(compareNames)).toEqual([
      'node9~1',
      'node9~2',
      'node10~1',
    ]);
  });
});
