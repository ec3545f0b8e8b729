import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOf, endsOf } from '../../../src/extension/output/outputCut';

describe('the end of a text', () => {
  it('is the whole text when it fits', () => {
    expect(endOf('one\ntwo\n', 8)).toEqual({ text: 'one\ntwo\n', cut: false });
  });

  it('begins with a whole line', () => {
    expect(endOf('one\ntwo\nthree\n', 10)).toEqual({ text: 'three\n', cut: true });
    expect(endOf('one\ntwo\nthree\n', 9)).toEqual({ text: 'three\n', cut: true });
  });

  it('of one long line begins with a whole character', () => {
    expect(endOf('aé'.repeat(10), 4)).toEqual({ text: 'aé'.repeat(1), cut: true });
    expect(endOf(`${'x'.repeat(20)}\n`, 5)).toEqual({ text: 'xxxx\n', cut: true });
  });
});

describe('the ends of two texts', () => {
  it('leave what the shorter one does not need to the longer one', () => {
    const [long, short] = ['1234567\n'.repeat(100), 'err\n'];
    expect(endsOf(long, short, 100)).toEqual([
      { text: '1234567\n'.repeat(11), cut: true },
      { text: short, cut: false },
    ]);
    expect(endsOf(short, long, 100)[1].text).toBe('1234567\n'.repeat(11));
    expect(endsOf(long, long, 100).map(({ text }) => text.length)).toEqual([48, 48]);
  });

  it('fit, and are ends of the texts', () => {
    const text = fc
      .array(fc.string({ unit: 'grapheme', maxLength: 30 }))
      .map(all => all.join('\n'));
    fc.assert(
      fc.property(text, text, fc.integer({ min: 2, max: 200 }), (one, other, bytes) => {
        const [first, second] = endsOf(one, other, bytes);
        expect(Buffer.byteLength(first.text + second.text)).toBeLessThanOrEqual(bytes);
        for (const [whole, { text: end, cut }] of [
          [one, first],
          [other, second],
        ] as const) {
          expect(whole.endsWith(end)).toBe(true);
          expect(cut).toBe(end !== whole);
        }
      }),
    );
  });
});
