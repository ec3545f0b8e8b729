/** The result of a benchmark that never ran. */
import type { BenchmarkResult } from '../../bench/suite/results';

export const result: BenchmarkResult = {
  title: 'Races',
  date: '2026-11-29T12:00:00.000Z',
  seconds: 61.4,
  full: false,
  machine: { cores: 2, cpu: 'Some CPU', kernel: '6.1', node: '20.20.2', redis: '7.0.15' },
  contests: {
    race: {
      title: 'A race',
      figures: { rate: { unit: 'tasks/s', better: 'more' }, cpu: { unit: 'ms', better: 'less' } },
      reference: 'tortoise',
      competitors: {
        hare: { rate: [300, 90, 210], cpu: [3, 4, 5] },
        tortoise: { rate: [100, 45, 100], cpu: [1, 1, 2] },
        snail: { rate: [1] },
      },
    },
  },
  goals: [
    {
      says: 'the hare is faster than the tortoise',
      contest: 'race',
      figure: 'rate',
      of: 'hare',
      over: 'tortoise',
      atLeast: 2,
    },
    {
      says: 'the hare burns little more',
      contest: 'race',
      figure: 'cpu',
      of: 'hare',
      beyond: 'tortoise',
      atMost: 2.5,
    },
    { says: 'the snail moves', contest: 'race', figure: 'rate', of: 'snail', atLeast: 0.5 },
  ],
};

/** Another run, in which all were slower, the hare by more. */
export const slower: BenchmarkResult = {
  ...result,
  contests: {
    race: {
      title: 'A race',
      figures: { rate: { unit: 'tasks/s', better: 'more' } },
      reference: 'tortoise',
      competitors: { hare: { rate: [50, 51, 49] }, tortoise: { rate: [50, 51, 49] } },
    },
  },
};
