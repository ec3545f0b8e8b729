import { describe, expect, it } from 'vitest';
import { missing, noWorkerHas } from '../../../src/tasks/needs';
import { asksInWords, previewed } from '../../../src/tasks/previewWords';
import { noCounts } from '../../../src/tasks/words';

const none = { todo: 0, in_progress: 0, finished: 0, repeated: 0 };
const WORKERS = [
  { name: 'node7~1', memoryGb: 31.27, cores: 4 },
  { name: 'node8~1', memoryGb: 16, cores: 32 },
];

describe('the words of a preview', () => {
  it('say what would become of every line', () => {
    expect(previewed({ ...noCounts(), added: 1 }, none)).toEqual(['1 task would be added']);
    const counts = {
      ...noCounts(),
      added: 1240,
      retried: 4,
      already: 14,
      unsettled: 1,
      problems: 3,
    };
    const already = { todo: 8, in_progress: 1, finished: 3, repeated: 2 };
    expect(previewed(counts, already)).toEqual([
      '1,240 tasks would be added',
      '4 failed before and would be tried again',
      '14 are already there: 8 to do, 1 in progress, 3 finished, 2 twice in what is submitted',
      '1 is being moved by an original',
      '3 lines are not understood',
    ]);
  });

  it('say who could take them, and first what nobody can', () => {
    const asks = [
      { needs: { memoryGb: 16, cores: 1 }, count: 1200 },
      { needs: { memoryGb: 64, cores: 1 }, count: 40 },
      { needs: { memoryGb: 30, cores: 30 }, count: 1 },
      { needs: { memoryGb: 20, cores: 0 }, count: 2 },
    ];
    expect(asksInWords(asks, WORKERS)).toEqual([
      '   40 tasks  64 GB · 1 core    no live worker has 64 GB: the most is 31.2 GB on node7~1',
      '     1 task  30 GB · 30 cores  no live worker has 30 GB and 30 cores, though some have either',
      '1,200 tasks  16 GB · 1 core    2 of 2 live workers can take one',
      '    2 tasks  20 GB             1 of 2 live workers can take one',
    ]);
    expect(asksInWords(asks.slice(0, 1), [])).toEqual([
      '1,200 tasks  16 GB · 1 core  no worker is live',
    ]);
  });

  it('list so many kinds of needs and no more', () => {
    const asks = Array.from({ length: 22 }, (_, i) => ({
      needs: { memoryGb: i, cores: 1 },
      count: 1,
    }));
    expect(asksInWords(asks, WORKERS)).toHaveLength(21);
    expect(asksInWords(asks, WORKERS).at(-1)).toBe('… and 2 other needs');
  });
});

describe('what no worker has', () => {
  it('is memory, cores, or both on one', () => {
    expect(missing({ memoryGb: 32, cores: 1 }, WORKERS)).toBe('memory');
    expect(missing({ memoryGb: 1, cores: 33 }, WORKERS)).toBe('cores');
    expect(missing({ memoryGb: 31, cores: 5 }, WORKERS)).toBe('both');
    expect(missing({ memoryGb: 31, cores: 4 }, WORKERS)).toBeUndefined();
    expect(missing({ memoryGb: 1000, cores: 4 }, [])).toBeUndefined();
  });

  it('is said without what hides in the name of a worker', () => {
    const says = noWorkerHas({ memoryGb: 64, cores: 0 }, [
      { name: 'a\u202e~1', memoryGb: 1, cores: 1 },
    ]);
    expect(says).toBe('no live worker has 64 GB: the most is 1 GB on a<U+202E>~1');
  });
});
