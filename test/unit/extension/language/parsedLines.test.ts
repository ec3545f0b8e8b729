import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LineEdit, ParsedLines } from '../../../../src/extension/language/parsedLines';
import { readTextLine } from '../../../../src/tasks/file';

const LINES = [
  'shell:1:0:1:./train',
  'shell:1:64:8:./prepare',
  'python:1:0:0:print(1)',
  'shell:1:4G:1:x',
  'shell:x:0:1:x',
  'echo hello',
  '# a comment',
  '',
];
const line = fc.constantFrom(...LINES);

/** Reads all of it; answers how many lines that took. */
function readAll(lines: ParsedLines, text: readonly string[]): number {
  const before = lines.linesRead;
  while (!lines.readPiece(at => text[at] ?? ''));
  return lines.linesRead - before;
}

/** All that is known of a text. */
const knownOf = (lines: ParsedLines) => ({
  tasks: lines.tasks,
  problems: lines.firstProblems(Number.POSITIVE_INFINITY),
  count: lines.problems,
  needs: [...lines.needs()]
    .map(({ needs, count }) => `${count} × ${needs.memoryGb} GB ${needs.cores} cores`)
    .sort(),
});

/** The same, line by line, by the parser alone. */
function expected(text: readonly string[]) {
  const problems = [];
  const needs = new Map<string, number>();
  for (const [at, one] of text.entries()) {
    const found = readTextLine(one);
    if (found && 'problem' in found) problems.push({ line: at, problem: found.problem });
    if (!found || 'problem' in found) continue;
    const key = `${found.task.memoryGb} GB ${found.task.cpu} cores`;
    needs.set(key, (needs.get(key) ?? 0) + 1);
  }
  return {
    tasks: [...needs.values()].reduce((sum, count) => sum + count, 0),
    problems,
    count: problems.length,
    needs: [...needs].map(([key, count]) => `${count} × ${key}`).sort(),
  };
}

/** Replaces some lines, from the end to the beginning; two neighbours may share a line. */
const edits = fc.array(
  fc.record({
    at: fc.nat(),
    length: fc.nat(4),
    lines: fc.oneof(
      { weight: 9, arbitrary: fc.array(line, { minLength: 1, maxLength: 4 }) },
      // A paste, which is not spliced in.
      { weight: 1, arbitrary: fc.array(line, { minLength: 101, maxLength: 110 }) },
    ),
  }),
  { maxLength: 5 },
);

describe('the lines of a text that is edited', () => {
  it('are known after any edits as if the text were read anew', () => {
    const step = fc.record({ edits, pieces: fc.nat(2) });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.array(step, { maxLength: 6 }),
        (start, steps) => {
          let text = start;
          const lines = new ParsedLines(text.length);
          for (const { edits: wanted, pieces } of steps) {
            for (let piece = 0; piece < pieces; piece++) lines.readPiece(at => text[at] ?? '');
            let end = text.length - 1;
            const told: LineEdit[] = [];
            for (const { at, length, lines: put } of wanted) {
              if (end < 0) break;
              const last = at % (end + 1);
              const first = Math.max(0, last - length);
              told.push({ first, last, count: put.length });
              text = text.toSpliced(first, last - first + 1, ...put);
              // The next one ends above, or at the line that this one left at its beginning.
              end = put.length % 2 === 0 ? first : first - 1;
            }
            lines.edit(told);
          }
          readAll(lines, text);
          expect(knownOf(lines)).toEqual(expected(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('are read once: an edit of one among 100,000 reads that one', () => {
    const text = Array.from({ length: 100_000 }, (_, seed) => `shell:1:4:1:./train --seed ${seed}`);
    const lines = new ParsedLines(text.length);
    expect(readAll(lines, text)).toBe(100_000);
    text[50_000] = 'shell:1:4G:1:./train';
    lines.edit([{ first: 50_000, last: 50_000, count: 1 }]);
    expect(readAll(lines, text)).toBe(1);
    expect(lines.firstProblems(10).map(found => found.line)).toEqual([50_000]);
    text.splice(0, 0, '# a heading');
    lines.edit([{ first: 0, last: 0, count: 2 }]);
    expect(readAll(lines, text)).toBe(2);
    expect(lines.firstProblems(10).map(found => found.line)).toEqual([50_001]);
    expect(lines.tasks).toBe(99_999);
  });

  it('are read in pieces, which are shorter where lines are long', () => {
    const piecesFor = (text: string) => {
      const lines = new ParsedLines(2_000);
      let pieces = 1;
      while (!lines.readPiece(() => text)) pieces++;
      return pieces;
    };
    expect(piecesFor('shell:1:0:1:x')).toBeLessThan(3);
    expect(piecesFor(`shell:1:0:1:${'x'.repeat(50_000)}`)).toBe(1_000);
  });

  it('take an edit of every line at once, as a replacement of all makes', () => {
    const text = Array.from({ length: 20_000 }, () => 'shell:1:4G:1:./train');
    const lines = new ParsedLines(text.length);
    readAll(lines, text);
    expect(lines.fixable('memory')).toHaveLength(20_000);
    expect(lines.fixable('priority')).toHaveLength(0);
    const each = text.map((_, at) => ({ first: at, last: at, count: 1 })).reverse();
    lines.edit(each);
    expect(readAll(lines, Array(20_000).fill('shell:1:4:1:./train'))).toBe(20_000);
    expect([lines.tasks, lines.problems]).toEqual([20_000, 0]);
  });

  it('are told in order: what comes in another one is refused whole', () => {
    const text = ['shell:1:0:1:a', 'shell:1:0:1:b'];
    const lines = new ParsedLines(2);
    readAll(lines, text);
    const inOrder = [0, 1].map(at => ({ first: at, last: at, count: 3 }));
    expect(() => lines.edit(inOrder)).toThrow(RangeError);
    expect([lines.isRead, lines.tasks]).toEqual([true, 2]);
  });

  it('say which of them ask for something', () => {
    const text = ['shell:1:64:8:a', '# x', 'shell:1:1:1:b', 'shell:2:64:8:c'];
    const lines = new ParsedLines(text.length);
    readAll(lines, text);
    const large = [...lines.needs()].filter(({ needs }) => needs.memoryGb > 32);
    expect(large.map(({ count }) => count)).toEqual([2]);
    const wanted = new Set(large.map(({ needs }) => needs));
    expect(lines.firstAsking(wanted, 10).map(found => found.line)).toEqual([0, 3]);
    expect(lines.firstAsking(wanted, 1).map(found => found.line)).toEqual([0]);
  });
});
