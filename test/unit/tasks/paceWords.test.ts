import { describe, expect, it } from 'vitest';
import {
  leftWithRange,
  paceSentences,
  type RunKnown,
  spentSentences,
} from '../../../src/tasks/paceWords';
import { paceParts } from '../../../src/tasks/rate';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('the estimated end with its range', () => {
  it.each<[text: string, ms: number, lowMs: number, highMs: number]>([
    ['about 6 min left (5–8)', 6.1 * MINUTE, 4.8 * MINUTE, 8.3 * MINUTE],
    ['about 35 s left (25–50)', 36 * SECOND, 24 * SECOND, 51 * SECOND],
    ['about 8 s left (7–15)', 8 * SECOND, 7 * SECOND, 13 * SECOND],
    // One unit for a number and both bounds, said where the number has two.
    ['about 1 min 30 s left (70–180 s)', 90 * SECOND, 70 * SECOND, 180 * SECOND],
    ['about 1 h 10 min left (55–95 min)', 70 * MINUTE, 55 * MINUTE, 95 * MINUTE],
    ['about 3 h 5 min left (2.6–4.1 h)', 3.08 * HOUR, 2.6 * HOUR, 4.1 * HOUR],
    ['about 3 h left (2–12)', 3 * HOUR, 2 * HOUR, 12 * HOUR],
    // A bound that is next to nothing is no number.
    ['about 6 min left (up to 20)', 6 * MINUTE, 0.4 * MINUTE, 20 * MINUTE],
    // The range says nothing that the number does not.
    ['about 6 min left', 6 * MINUTE, 5.6 * MINUTE, 6.4 * MINUTE],
    ['about 1 s left', 1 * SECOND, 0.1 * SECOND, 1.3 * SECOND],
  ])('is "%s"', (text, ms, lowMs, highMs) => {
    expect(leftWithRange({ ms, lowMs, highMs })).toBe(text);
  });
});

describe('how a queue gets on, in the head of the dashboard', () => {
  const pace = {
    ...{ remaining: 1000, perSecond: 120, workers: 4 },
    ...{ paused: false, pausedAfterFailures: null, closed: false },
  };
  const LEFT = 'about 6 min left (5–8)';
  const RUN: RunKnown = { ended: 960, seconds: 10, isWhole: true };
  const said = (
    change: Partial<typeof pace> | { perSecond: undefined },
    left: string | undefined,
    run: RunKnown,
  ) => paceSentences(paceParts({ ...pace, ...change }), left, run).join(' · ');

  it('is when it ends, how fast now and over the run', () => {
    expect(said({}, LEFT, RUN)).toBe('about 6 min left (5–8) · 120/s now · 96/s over the run');
  });

  it.each<[about: string, run: RunKnown, text: string]>([
    ['nothing before it was read', 'unread', ''],
    ['why it is not known yet', 'new', ' · – over the run: it has just begun'],
    [
      'why it cannot be known beside originals',
      'original',
      ' · – over the run: workers of the original keep no count',
    ],
    ['no more than the last day', { ...RUN, isWhole: false }, ' · 96/s over the last day'],
    [
      'no zero where hardly anything ended',
      { ended: 0, seconds: 600, isWhole: true },
      ' · less than 1/min over the run',
    ],
  ])('says of the run %s', (_, run, text) => {
    expect(said({}, LEFT, run)).toBe(`${LEFT} · 120/s now${text}`);
  });

  it('puts what stops a queue first, and knows no end then', () => {
    expect(said({ paused: true }, undefined, RUN)).toBe('paused · 120/s now · 96/s over the run');
    expect(said({ paused: true, perSecond: undefined }, undefined, RUN)).toBe('paused');
    expect(said({ remaining: 0 }, undefined, RUN)).toBe('');
  });

  it('says why a number is not there, and no zero', () => {
    expect(said({ perSecond: undefined }, undefined, 'new')).toBe('– no task has ended yet');
    expect(said({ perSecond: undefined, workers: 0 }, undefined, 'new')).toBe('no worker');
    expect(said({}, undefined, RUN)).toBe(
      '– no end can be told yet · 120/s now · 96/s over the run',
    );
  });
});

describe('what was done twice, or put right', () => {
  const none = { onRetries: 0, onLostWorkers: 0, byPeers: 0 };
  it.each([
    [{}, []],
    [{ onRetries: 31 }, ['31 attempts spent on retries']],
    [{ onRetries: 1 }, ['1 attempt spent on retries']],
    [{ onLostWorkers: 2 }, ['2 attempts spent on lost workers']],
    [
      { onRetries: 1240, onLostWorkers: 2 },
      ['1,240 attempts spent on retries', '2 on lost workers'],
    ],
    [{ byPeers: 5 }, ['5 repaired after workers of the original']],
  ])('%j', (some, sentences) => {
    expect(spentSentences({ ...none, ...some })).toEqual(sentences);
  });
});
