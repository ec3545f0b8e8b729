import { describe, expect, it } from 'vitest';
import { findings } from '../../../../src/extension/language/findings';
import { ParsedLines } from '../../../../src/extension/language/parsedLines';

const WORKERS = [{ name: 'node7~1', memoryGb: 32, cores: 4 }];

function findingsOf(text: readonly string[], workers = WORKERS) {
  const lines = new ParsedLines(text.length);
  while (!lines.readPiece(at => text[at] ?? ''));
  const asked: number[] = [];
  const all = findings(lines, workers, at => {
    asked.push(at);
    return text[at] ?? '';
  });
  return { ...all, asked };
}

describe('what is said of the lines of a file', () => {
  it('marks what is wrong, and what no live worker has', () => {
    const { found, more } = findingsOf([
      'shell:1:4G:1:x',
      'shell:1:64:1:x',
      'shell:1:64:8:x',
      'shell:1:1:8:x',
      'shell:1:1:1:x',
      'echo hello',
    ]);
    expect(more).toBe(0);
    expect(found.map(({ line, start, end, kind }) => [line, start, end, kind])).toEqual([
      [0, 8, 10, 'memory'],
      [5, 0, 0, 'fields'],
      [1, 8, 10, 'no_worker'],
      [2, 8, 10, 'no_worker'],
      [3, 10, 11, 'no_worker'],
    ]);
    expect(found.map(({ message }) => message)).toContain(
      'no live worker has 8 cores: the most is 4 cores on node7~1. Ask for less, or start a worker that has it',
    );
  });

  it('says nothing of workers while none is known', () => {
    expect(findingsOf(['shell:1:64:1:x'], []).found).toEqual([]);
  });

  it('is at most 999 and how many more there are, problems before the rest', () => {
    const bad = Array(600).fill('shell:1:4G:1:x');
    const large = Array(1_400).fill('shell:1:64:1:x');
    const { found, more, asked } = findingsOf([...large, ...bad]);
    expect(found).toHaveLength(999);
    expect(found.filter(({ kind }) => kind === 'memory')).toHaveLength(600);
    expect(more).toBe(2_000 - 999);
    // Only lines that are shown are read again.
    expect(asked).toHaveLength(399);
  });
});
