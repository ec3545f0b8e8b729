import { describe, expect, it } from 'vitest';
import { decide, type Situation } from '../../../src/cluster/local/keeper';

const alone: Situation = {
  wanted: 'run',
  windows: { here: 0, gone: ['stop'] },
  aloneMs: 60_000,
  graceMs: 60_000,
  redisRuns: true,
};

describe('what the keeper of a local cluster decides', () => {
  it.each<[string, Partial<Situation>, ReturnType<typeof decide>]>([
    ['goes on while a window is there', { windows: { here: 1, gone: ['stop'] } }, 'run'],
    ['goes on through a reload', { aloneMs: 59_999 }, 'run'],
    ['ends after the last window', {}, 'stop'],
    ['ends when no window ever came', { windows: { here: 0, gone: [] } }, 'stop'],
    ['stays when that was wanted', { windows: { here: 0, gone: ['keep'] } }, 'leave'],
    [
      'stays when one of several wanted it',
      { windows: { here: 0, gone: ['stop', 'keep'] } },
      'leave',
    ],
    [
      'does not stay without a Redis',
      { windows: { here: 0, gone: ['keep'] }, redisRuns: false },
      'stop',
    ],
    ['ends at once when told so', { wanted: 'stop', windows: { here: 2, gone: [] } }, 'stop'],
    ['lets tasks end when told so', { wanted: 'drain', aloneMs: 0 }, 'drain'],
  ])('%s', (_, situation, decision) => {
    expect(decide({ ...alone, ...situation })).toBe(decision);
  });
});
