import { describe, expect, it } from 'vitest';
import {
  formatLeft,
  formatPace,
  formatProgress,
  formatRate,
  RateMeter,
} from '../../../src/tasks/rate';

const measured = (samples: [seconds: number, done: number][]) => {
  const meter = new RateMeter();
  for (const [seconds, done] of samples) meter.record(seconds * 1000, done);
  return meter.perSecond();
};

describe('the rate of a run', () => {
  it('is not known before anything has ended', () => {
    expect(measured([])).toBe(0);
    expect(measured([[1, 0]])).toBe(0);
    expect(
      measured([
        [1, 0],
        [20, 0],
      ]),
    ).toBe(0);
  });

  it('is what ended by the time that it took', () => {
    const samples: [number, number][] = [
      [0, 0],
      [1, 4],
      [10, 40],
    ];
    expect(measured(samples)).toBe(4);
  });

  it('follows the last half minute', () => {
    const samples: [number, number][] = [];
    for (let second = 0; second <= 100; second++) samples.push([second, second * 100]);
    for (let second = 101; second <= 140; second++) samples.push([second, 10_000 + second - 100]);
    expect(measured(samples)).toBe(1);
  });

  it('looks back at twenty tasks where half a minute has fewer', () => {
    const samples: [number, number][] = [];
    for (let task = 0; task <= 60; task++) samples.push([task * 60, task]);
    expect(measured(samples)).toBeCloseTo(1 / 60, 6);
  });

  it('sinks while nothing ends', () => {
    const samples: [number, number][] = [
      [0, 0],
      [10, 10],
    ];
    expect(measured([...samples, [20, 10]])).toBe(0.5);
    expect(measured([...samples, [100, 10]])).toBe(0.1);
  });

  it.each([
    [1234.4, '1,234/s'],
    [9.96, '10/s'],
    [3.14, '3.1/s'],
    [0.96, '1.0/s'],
    [0.5, '30/min'],
    [1 / 60, '1/min'],
    [0.001, undefined],
    [0, undefined],
  ])('of %d tasks a second is written %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });
});

describe('the estimate of the end', () => {
  it.each([
    [9, 3, 'about 3 s left'],
    [1, 100, 'about 1 s left'],
    [100, 3, 'about 35 s left'],
    [1000, 2.8, 'about 6 min left'],
    [100_000, 9, 'about 3 h 5 min left'],
  ])('for %d tasks at %d a second is "%s"', (remaining, rate, text) => {
    expect(formatLeft(remaining, rate)).toBe(text);
  });

  it('is left out while nothing moves, and when nothing is left', () => {
    expect(formatLeft(5, 0)).toBeUndefined();
    expect(formatLeft(0, 5)).toBeUndefined();
  });
});

describe('the progress of a run', () => {
  it('says how far it is, how fast, when it ends, and what failed', () => {
    expect(formatProgress({ done: 20, total: 30, failed: 1, perSecond: 3.1 })).toBe(
      '20/30 · 3.1/s · about 3 s left · 1 failed',
    );
    expect(formatProgress({ done: 0, total: 10_000, failed: 0, perSecond: 0 })).toBe('0/10,000');
    expect(formatProgress({ done: 30, total: 30, failed: 0, perSecond: 3.1 })).toBe('30/30');
  });
});

describe('the pace of a queue', () => {
  const pace = {
    remaining: 1000,
    perSecond: 2.8,
    leftMs: 357_000,
    workers: 4,
    paused: false,
    pausedAfterFailures: null,
    closed: false,
  };

  it.each([
    ['the rate and the end', {}, '2.8/s · about 6 min left'],
    ['no end while it is paused, which comes first', { paused: true }, 'paused · 2.8/s'],
    [
      'both that it is closed and paused',
      { paused: true, closed: true },
      'closed · paused · 2.8/s',
    ],
    [
      'why it paused itself',
      { paused: true, pausedAfterFailures: 4 },
      'paused since 4 tasks failed, the limit of this queue · 2.8/s',
    ],
    ['why the rate is not known', { perSecond: undefined }, '– no task has ended yet'],
    ['that nobody works', { perSecond: undefined, workers: 0 }, 'no worker'],
    ['only that it is paused', { perSecond: undefined, paused: true }, 'paused'],
    ['the rate alone while the end is not known', { leftMs: undefined }, '2.8/s'],
    ['nothing of an empty queue', { remaining: 0 }, ''],
    ['that an empty queue is closed', { remaining: 0, closed: true }, 'closed'],
    [
      'a rate that is no zero',
      { perSecond: 0.001, remaining: 2, leftMs: 2_000_000 },
      'less than 1/min · about 33 min left',
    ],
  ])('has %s', (_, change, text) => {
    expect(formatPace({ ...pace, ...change })).toBe(text);
  });
});
