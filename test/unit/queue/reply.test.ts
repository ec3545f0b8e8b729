import { describe, expect, it } from 'vitest';
import { asArray, asNumber, asString, inGroups } from '../../../src/queue/reply';

describe('answers of scripts', () => {
  it('are taken as numbers when they are some, as text or not', () => {
    expect([asNumber(5), asNumber('5'), asNumber('0.5'), asNumber('-1')]).toEqual([5, 5, 0.5, -1]);
  });

  it.each(['', 'five', null, undefined, [], {}])('%j is no number', value => {
    expect(() => asNumber(value)).toThrow(TypeError);
  });

  it('say what was found where something else was expected', () => {
    expect(() => asArray('no')).toThrow('expected an array from Redis, got no');
    expect(() => asString(5)).toThrow('expected a string from Redis, got 5');
    expect(asArray([1])).toEqual([1]);
    expect(asString('')).toBe('');
  });

  it('are split into groups of strings', () => {
    expect(inGroups(['a', 1, 'b', 2], 2)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(inGroups([], 3)).toEqual([]);
  });
});
