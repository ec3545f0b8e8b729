import { describe, expect, it } from 'vitest';
import {
  closed,
  closeQuestion,
  exported,
  opened,
  originalsTakeNoNotice,
  paused,
  resumed,
} from '../../../src/tasks/queueWords';

describe('what is said of a queue', () => {
  it('that is paused or goes on', () => {
    const left = { todo: 1012, inProgress: 34 };
    expect(paused('q', true, left)).toBe('Queue "q" is paused: 1,012 to do, 34 in progress.');
    expect(paused('q', false, left)).toBe('It was paused before: 1,012 to do, 34 in progress.');
    expect(resumed('q', true, 1012)).toBe('Queue "q" goes on: 1,012 to do.');
    expect(resumed('q', false, 0)).toBe('Queue "q" was not paused.');
  });

  it('that is closed or open', () => {
    expect(closeQuestion('q', 3)).toBe(
      'Close queue "q"? All workers (3 of DistComp) finish what they run and end, those of the original too. Until it is opened again, so do those that start.',
    );
    expect(closeQuestion('q', 0)).toContain('All workers finish what they run and end');
    expect(closed('q', true, 1)).toBe(
      'Queue "q" is closed: workers finish what they run and end, and 1 task waits.',
    );
    expect(closed('q', false, 2)).toContain('It was closed before: ');
    expect(opened('q', true)).toContain('Queue "q" is open.');
    expect(opened('q', false)).toBe('Queue "q" was not closed.');
  });

  it('on which originals work, and nothing when there are none', () => {
    expect(originalsTakeNoNotice(0)).toBeUndefined();
    expect(originalsTakeNoNotice(1)).toContain('It ignores pause and limits.');
    expect(originalsTakeNoNotice(12)).toBe(
      '12 workers of the original are on this queue. They ignore pause and limits.',
    );
  });

  it('of which tasks were exported', () => {
    expect(exported(1, 'a.csv')).toBe('1 task exported to a.csv');
  });
});
