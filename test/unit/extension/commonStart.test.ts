import { describe, expect, it } from 'vitest';
import { CommonStart } from '../../../src/extension/tree/commonStart';

const train = (rest: string) => `python3 train.py --data /sets/imagenet ${rest}`;

const labels = (...commands: string[]) => {
  const start = new CommonStart();
  start.see(commands);
  return commands.map(command => start.label(command));
};

describe('the label of a task', () => {
  it('leaves out what all commands begin with, and keeps an option with its value', () => {
    expect(labels(train('--rate 0.1 --seed 1'), train('--rate 0.01 --seed 1'))).toEqual([
      '… --rate 0.1 --seed 1',
      '… --rate 0.01 --seed 1',
    ]);
  });

  it('cuts between words only', () => {
    expect(labels(train('fold10 first'), train('fold12 first'))).toEqual([
      '… fold10 first',
      '… fold12 first',
    ]);
  });

  it('is the whole command when it is the only one, or short', () => {
    expect(labels(train('--seed 1'))).toEqual([train('--seed 1')]);
    expect(labels('./train --size 1 --seed 1', './train --size 1 --seed 2')).toEqual([
      './train --size 1 --seed 1',
      './train --size 1 --seed 2',
    ]);
  });

  it('is the whole command when the others are of another kind', () => {
    const other = './evaluate --model resnet50 --split validation';
    expect(labels(train('--seed 1'), other)).toEqual([train('--seed 1'), other]);
  });

  it('settles: what was seen once counts from then on', () => {
    const start = new CommonStart();
    start.see([train('--rate 0.1 --seed 1'), train('--rate 0.01 --seed 1')]);
    start.see([train('--rate 0.1 --seed 2'), train('--rate 0.1 --seed 3')]);
    expect(start.label(train('--rate 0.1 --seed 3'))).toBe('… --rate 0.1 --seed 3');
  });
});
