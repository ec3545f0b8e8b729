import { describe, expect, it } from 'vitest';
import {
  besideOriginal,
  lasting,
  noCounts,
  number,
  plural,
  runEnded,
  shorten,
  submitted,
  took,
  visible,
} from '../../../src/tasks/words';

describe('numbers', () => {
  it('have thousands separators and the right plural', () => {
    expect(number(1240)).toBe('1,240');
    expect(plural(1, 'task')).toBe('1 task');
    expect(plural(0, 'task')).toBe('0 tasks');
    expect(plural(1_000_000, 'match', 'matches')).toBe('1,000,000 matches');
  });
});

describe('durations', () => {
  it.each([
    [-5, '0.0 s'],
    [40, '0.0 s'],
    [4_200, '4.2 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [42_400, '42 s'],
    [180_000, '3 min'],
    [3_600_000, '1 h'],
  ])('of %d ms took %s', (ms, text) => {
    expect(took(ms)).toBe(text);
  });

  it.each([
    [400, '0 s'],
    [4_400, '4 s'],
    [59_600, '1 min'],
    [130_000, '2 min 10 s'],
    [754_000, '12 min'],
    [7_800_000, '2 h 10 min'],
    [7_200_000, '2 h'],
    [360_000_000_0, '1,000 h'],
  ])('of %d ms last %s', (ms, text) => {
    expect(lasting(ms)).toBe(text);
  });
});

describe('text of others', () => {
  it('is shortened in the middle', () => {
    expect(shorten('./train --seed 3', 16)).toBe('./train --seed 3');
    expect(shorten('./train --optimizer adam --seed 42', 21)).toBe('./train …am --seed 42');
  });

  it('never cuts a character in two', () => {
    for (let length = 2; length < 20; length++) {
      expect(shorten('😀'.repeat(20), length)).not.toMatch(/\p{Cs}/u);
    }
  });

  it('shows what a terminal would act on, and what hides or reorders text', () => {
    expect(visible('a\u001b[31m\tb\r\n\u007f')).toBe('a␛[31m␉b␍␊␡');
    expect(visible('a\u202eb\u200b\u2028\ufeff\u009b')).toBe(
      'a<U+202E>b<U+200B><U+2028><U+FEFF><U+009B>',
    );
    expect(visible('größer 😀 日本')).toBe('größer 😀 日本');
  });
});

describe('sentences', () => {
  it('say what a submission did', () => {
    const none = noCounts();
    expect(submitted({ ...none, added: 1240, already: 12, problems: 3 })).toBe(
      '1,240 tasks added · 12 were already there · 3 lines were not understood',
    );
    expect(
      submitted({ ...none, added: 1, retried: 1, already: 1, unsettled: 1, problems: 1 }),
    ).toBe(
      '1 task added · 1 had failed and is tried again · 1 was already there · 1 is being moved by an original: submit it again · 1 line was not understood',
    );
    expect(submitted({ ...none, retried: 2 })).toBe(
      '0 tasks added · 2 had failed and are tried again',
    );
  });

  it('say what an original does with tasks that it may take', () => {
    const none = noCounts();
    expect(besideOriginal({ ...none, added: 5 })).toBeUndefined();
    expect(besideOriginal({ ...none, pythonBesideOriginal: 1, demoBesideOriginal: 1200 })).toBe(
      'An original worker is live on this queue: it fails 1 python task if it takes it, and runs the text of 1,200 demo tasks in a shell. Named queues are without originals.',
    );
    expect(besideOriginal({ ...none, pythonBesideOriginal: 3 })).toBe(
      'An original worker is live on this queue: it fails 3 python tasks if it takes them. Named queues are without originals.',
    );
  });

  it('say how a run ended', () => {
    expect(runEnded(1236, 4, 720_000)).toBe('1,236 finished, 4 failed in 12 min');
  });
});
