import { describe, expect, it } from 'vitest';
import { outputBase } from '../../../src/queue/outputPaths';
import { expired } from '../../../src/worker/outputFiles';

const file = (path: string, ageDays: number, bytes: number) => ({ path, ageDays, bytes });

describe('which output files go', () => {
  const files = [file('new', 0.1, 10), file('old', 31, 10), file('middle', 5, 10)];

  it('those that are too old', () => {
    expect(expired(files, { days: 30, bytes: 0 })).toEqual(['old']);
  });

  it('the oldest, until the rest is small enough', () => {
    expect(expired(files, { days: 0, bytes: 15 })).toEqual(['old', 'middle']);
    expect(expired(files, { days: 0, bytes: 20 })).toEqual(['old']);
  });

  it('none without limits', () => {
    expect(expired(files, { days: 0, bytes: 0 })).toEqual([]);
  });
});

describe('the name of an output file', () => {
  it('is another one for each claim, start of a worker and attempt', () => {
    const names = [
      outputBase('/r', '3f9a1c000000', 1, 'aa', 7),
      outputBase('/r', '3f9a1c000000', 2, 'aa', 7),
      outputBase('/r', '3f9a1c000000', 1, 'bb', 7),
      outputBase('/r', '3f9a1c000000', 1, 'aa', 8),
    ];
    expect(new Set(names).size).toBe(4);
    expect(names[0]).toBe('/r/3f/3f9a1c000000-1-aa.7');
  });
});
