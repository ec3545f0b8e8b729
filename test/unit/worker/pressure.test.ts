import { describe, expect, it } from 'vitest';
import { nextLookMs, relief } from '../../../src/worker/pressure';

const running = [
  { line: 'first', startedAt: 10 },
  { line: 'last', startedAt: 30 },
  { line: 'middle', startedAt: 20 },
];
const state = { availableGb: 1, triggerGb: 2, running, underWay: false };

describe('relief when memory is short', () => {
  it('is none while there is as much as must stay', () => {
    expect(relief({ ...state, availableGb: 2 })).toEqual({ kind: 'none' });
  });

  it('gives back the task that was started last', () => {
    expect(relief(state)).toEqual({ kind: 'return', line: 'last' });
  });

  it('is one at a time: what is being ended still holds its memory', () => {
    expect(relief({ ...state, underWay: true })).toEqual({ kind: 'none' });
  });

  it('fails the only task: this host cannot hold it', () => {
    expect(relief({ ...state, running: running.slice(0, 1) })).toEqual({
      kind: 'fail',
      line: 'first',
    });
  });

  it('is none when nothing runs: others took the memory', () => {
    expect(relief({ ...state, running: [] })).toEqual({ kind: 'none' });
  });
});

describe('the next look at memory', () => {
  it('comes soon once it is short', () => {
    expect(nextLookMs(3, 2)).toBeLessThan(nextLookMs(5, 2));
  });
});
