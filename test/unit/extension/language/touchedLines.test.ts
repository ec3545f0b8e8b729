import { describe, expect, it } from 'vitest';
import { touchedLines } from '../../../../src/extension/language/touchedLines';

const span = (startLine: number, startAt: number, endLine: number, endAt: number) => ({
  start: { line: startLine, character: startAt },
  end: { line: endLine, character: endAt },
});

describe('the lines that a selection touches', () => {
  it('are whole ones, also where it begins and ends within them', () => {
    expect(touchedLines([span(2, 5, 4, 1)])).toEqual([2, 3, 4]);
  });

  it('do not have the one at whose beginning it ends', () => {
    expect(touchedLines([span(2, 0, 4, 0)])).toEqual([2, 3]);
  });

  it('are one for a cursor', () => {
    expect(touchedLines([span(3, 0, 3, 0)])).toEqual([3]);
    expect(touchedLines([span(3, 7, 3, 7)])).toEqual([3]);
  });

  it('come each once and in order from several', () => {
    expect(touchedLines([span(9, 0, 10, 2), span(1, 0, 2, 3), span(2, 4, 3, 1)])).toEqual([
      1, 2, 3, 9, 10,
    ]);
  });
});
