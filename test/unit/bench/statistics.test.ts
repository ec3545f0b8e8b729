import { describe, expect, it } from 'vitest';
import {
  changeBesideNoise,
  differences,
  median,
  quantile,
  ratios,
  summarise,
} from '../../bench/suite/statistics';

describe('quantiles', () => {
  it('are taken of the samples in order, however they came', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile([40, 10, 30, 20, 50], 0.25)).toBe(20);
    expect(quantile([0, 10], 0.99)).toBeCloseTo(9.9);
  });

  it('do not change what they are taken of, and need a sample', () => {
    const samples = [3, 1, 2];
    median(samples);
    expect(samples).toEqual([3, 1, 2]);
    expect(() => median([])).toThrow('no sample');
  });

  it('are median and quartiles in a summary', () => {
    expect(summarise([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 2, high: 4, count: 5 });
    expect(summarise([7])).toEqual({ median: 7, low: 7, high: 7, count: 1 });
  });
});

describe('two competitors', () => {
  it('are compared round by round: what slowed both in a round does not show', () => {
    expect(ratios([200, 20, 2], [100, 10, 1])).toEqual([2, 2, 2]);
    expect(differences([3, 13], [1, 11])).toEqual([2, 2]);
  });

  it('are compared in those rounds that both have', () => {
    expect(ratios([10, 20, 30], [5])).toEqual([2]);
    expect(ratios([10], [5, 4, 3])).toEqual([2]);
  });
});

describe('a change', () => {
  it('stands beside what it may be by chance', () => {
    const { change, noise } = changeBesideNoise([98, 100, 102], [108, 110, 112]);
    expect(change).toBeCloseTo(0.1);
    // Quartiles 99 and 101, 109 and 111: half of each span, over its median.
    expect(noise).toBeCloseTo(Math.hypot(1 / 100, 1 / 110));
  });

  it('has an unknown noise where there are fewer than three samples', () => {
    expect(changeBesideNoise([100, 100], [50, 50, 50])).toEqual({ change: -0.5, noise: undefined });
  });

  it('of values below zero has a noise above it', () => {
    expect(changeBesideNoise([-9, -10, -11], [-9, -10, -11]).noise).toBeGreaterThan(0);
  });
});
