import { describe, expect, it } from 'vitest';
import { chunks } from '../../../src/queue/chunks';

const split = (lines: string[]) => [...chunks(lines)];

describe('chunks', () => {
  it('hold at most 1,000 lines each, all lines and their order', () => {
    const lines = Array.from({ length: 2500 }, (_, i) => String(i));
    expect(split(lines).map(chunk => chunk.length)).toEqual([1000, 1000, 500]);
    expect(split(lines).flat()).toEqual(lines);
  });

  it('are none for no lines, and one for exactly 1,000', () => {
    expect(split([])).toEqual([]);
    expect(split(Array.from({ length: 1000 }, () => ''))).toHaveLength(1);
  });

  it('end once they hold a megabyte, so that long lines make small chunks', () => {
    const long = 'x'.repeat(128 * 1024);
    const found = split(Array.from({ length: 20 }, () => long));
    expect(found.map(chunk => chunk.length)).toEqual([8, 8, 4]);
    expect(split(['y'.repeat(3 << 20), 'z'])).toHaveLength(2);
  });
});
