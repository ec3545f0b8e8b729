import { describe, expect, it } from 'vitest';
import {
  cancelled,
  cancelQuestion,
  clearQuestion,
  removeFinishedQuestion,
  retried,
  undoHint,
  undone,
} from '../../../src/tasks/bulkWords';

const none = { todo: 0, inProgress: 0, failed: 0, finished: 0 };

describe('before a queue is cleared', () => {
  it.each([
    [
      { todo: 1012, finished: 8110 },
      '1,012 waiting and 8,110 finished tasks and their results go. Can be undone for 10 minutes.',
    ],
    [{ todo: 1 }, '1 waiting task goes. Can be undone for 10 minutes.'],
    [{ finished: 1 }, '1 finished task and its result go. Can be undone for 10 minutes.'],
    [{ failed: 2 }, '2 failed tasks go. Can be undone for 10 minutes.'],
    [
      { todo: 1012, inProgress: 34, failed: 4, finished: 8110 },
      '1,012 waiting, 34 running, 4 failed and 8,110 finished tasks and their results go. Can be undone for 10 minutes. What runs is ended; undone, it begins anew.',
    ],
  ])('the question for %j says what goes', (counts, words) => {
    expect(clearQuestion('default', { ...none, ...counts })).toBe(
      `Clear queue "default"? ${words}`,
    );
  });

  it('the question for finished tasks says it of them alone', () => {
    expect(removeFinishedQuestion('q', 8110)).toBe(
      'Remove 8,110 finished tasks from queue "q"? Their results go. Can be undone for 10 minutes.',
    );
  });
});

describe('before tasks cancelled', () => {
  it.each([
    [
      1,
      false,
      'Cancel 1 task of queue "q"? It fails with the reason "cancelled". Can be undone for 10 minutes.',
    ],
    [
      1012,
      true,
      'Cancel 1,012 tasks of queue "q"? They fail with the reason "cancelled". Can be undone for 10 minutes. What runs is ended; undone, it begins anew.',
    ],
  ])('the question for %d says what becomes of them', (tasks, running, words) => {
    expect(cancelQuestion('q', tasks, running)).toBe(words);
  });

  it('the question for a queue with originals says what is beyond us', () => {
    expect(clearQuestion('q', { ...none, todo: 2 }, 1)).toBe(
      'Clear queue "q"? 2 waiting tasks go. Can be undone for 10 minutes. Originals cannot be told: a result of theirs may still come.',
    );
  });
});

describe('what came of a bulk action', () => {
  it('of retry', () => {
    const nothing = { retried: 1, notFailed: 0, unsettled: 0 };
    expect(retried(nothing)).toBe('1 task queued for retry');
    expect(retried({ ...nothing, retried: 1240, left: 98_760 }, 12)).toBe(
      '1,240 tasks queued for retry with 12 GB or more · stopped: 98,760 stay failed',
    );
    expect(retried({ retried: 0, notFailed: ['3f9a', '0286'], unsettled: 1 })).toBe(
      '0 tasks queued for retry · 2 had not failed: 3f9a, 0286 · 1 is being moved by an original, retry again',
    );
  });

  it('of cancel', () => {
    expect(cancelled({ cancelled: 34, onOriginal: 2, notActive: ['3f9a'], left: 1 })).toBe(
      '34 tasks cancelled · 2 run on a worker of the original, which cannot be told · 1 neither waited nor ran: 3f9a · stopped: 1 goes on',
    );
  });
});

describe('after it', () => {
  it('there is a way back', () => {
    expect(undoHint('distcomp undo 1234abcd')).toBe(
      'Can be undone for 10 minutes: distcomp undo 1234abcd',
    );
  });

  it.each([
    ['clear', 9156, 0, 0, '9,156 tasks restored'],
    ['clear', 1, 1, 0, '1 task restored · 1 is there again and stays as it is'],
    ['remove_finished', 1, 0, 0, '1 finished task restored'],
    ['retry', 31, 3, 0, '31 tasks marked failed again · 3 have started and stay as they are'],
    ['cancel', 2, 1, 0, '2 tasks queued again · 1 has changed and stays as it is'],
    ['cancel', 0, 0, 2, '0 tasks queued again · 2 are being moved by an original: undo again'],
  ] as const)('undo of %s of %d, %d, %d says what came of it', (kind, one, two, three, words) => {
    expect(undone({ kind, undone: one, kept: two, unsettled: three })).toBe(words);
  });

  it('of an undo that was stopped says how much is left, and how to go on', () => {
    expect(undone({ kind: 'clear', undone: 1500, kept: 0, unsettled: 0, left: 1000 })).toBe(
      '1,500 tasks restored · stopped with 1,000 left: undo again within 10 minutes',
    );
  });
});
