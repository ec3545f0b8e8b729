import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resultJson } from '../../../src/worker/lanes/output';

describe('a result', () => {
  it('is the stripped text as JSON', () => {
    expect(resultJson('  a "b"\n\\c \n', 100)).toBe('"a \\"b\\"\\n\\\\c"');
    expect(resultJson(' \n ', 100)).toBe('""');
  });

  it('is stripped of what Python strips, and of nothing else', () => {
    const spaces =
      '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000';
    expect(resultJson(`${spaces}a${spaces}b${spaces}`, 1000)).toBe(JSON.stringify(`a${spaces}b`));
    expect(resultJson('\ufeffa\u200b', 100)).toBe('"\ufeffa\u200b"');
  });

  it('keeps head and tail and says what is missing when it is too long', () => {
    const json = resultJson(`${'a'.repeat(1000)}${'b'.repeat(1000)}`, 60);
    const [head = '', said = '', tail = ''] = String(JSON.parse(json)).split('\n');
    expect(head).toMatch(/^a+$/);
    expect(tail).toMatch(/^b+$/);
    expect(said).toBe(
      `… ${(2000 - head.length - tail.length).toLocaleString('en-US')} bytes cut …`,
    );
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(60);
    expect(Buffer.byteLength(json)).toBeGreaterThan(50);
  });

  it('counts in what an earlier cut left out of the middle', () => {
    const text = `${'a'.repeat(100)}\n… 1,000,000 bytes cut …\n${'b'.repeat(100)}`;
    const [head = '', said = '', tail = ''] = String(JSON.parse(resultJson(text, 100))).split('\n');
    const kept = head.length + tail.length;
    // The two line breaks around the earlier line are part of the middle, too.
    expect(said).toBe(`… ${(1_000_202 - kept).toLocaleString('en-US')} bytes cut …`);
  });

  it('is never more than the limit, always JSON, and whole where it fits', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\0', 'é', '漢', '🎉', 'a', '\ud800') }),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 400 }), (text, max) => {
        const json = resultJson(text, max);
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(max);
        const back: unknown = JSON.parse(json);
        const whole = resultJson(text, 1_000_000);
        if (Buffer.byteLength(whole) <= max) expect(json).toBe(whole);
        else if (max > 60) expect(back).toMatch(/… [\d,]+ bytes cut …/);
      }),
    );
  });

  it('takes time in proportion to its length', () => {
    const blanks = `a${' '.repeat(1_000_000)}b`;
    expect(resultJson(blanks, 2_000_000)).toBe(JSON.stringify(blanks));
  });
});
