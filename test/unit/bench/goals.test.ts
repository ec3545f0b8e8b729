import { describe, expect, it } from 'vitest';
import { judge } from '../../bench/suite/goals';
import { missedGoals } from '../../bench/suite/words';
import { result } from './sample';

const of = (index: number) => {
  const goal = result.goals[index];
  if (!goal) throw new Error(`there is no goal ${index}`);
  return judge(result, goal);
};

describe('a goal', () => {
  it('is judged by the ratio of each round', () => {
    expect(of(0)).toMatchObject({ measured: { median: 2.1, count: 3 }, isReached: true });
  });

  it('is judged by the difference in each round', () => {
    expect(of(1)).toMatchObject({ measured: { median: 3 }, isReached: false });
  });

  it('is judged by the figure alone', () => {
    expect(of(2)).toMatchObject({ measured: { median: 1 }, isReached: true });
  });

  it('is missed below and above its bounds', () => {
    expect(missedGoals(result).map(({ goal }) => goal.says)).toEqual([
      'the hare burns little more',
    ]);
  });

  it('about what was not measured is an error', () => {
    const goal = { says: '', contest: 'race', figure: 'cpu', of: 'snail', atMost: 1 };
    expect(() => judge(result, goal)).toThrow('no samples of race, cpu, snail');
  });
});
