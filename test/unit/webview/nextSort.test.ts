import { expect, it } from 'vitest';
import type { Sort } from '../../../src/protocol';
import { nextSort } from '../../../webview/nextSort';

it.each([
  ['texts upwards at first', false, [false, true, undefined]],
  ['figures downwards at first', true, [true, false, undefined]],
] as const)('the head of a column sorts %s, then the other way, then not', (_, isFigure, ways) => {
  let sort: Sort | undefined;
  const seen = ways.map(() => {
    sort = nextSort(sort, 'rate', isFigure);
    return sort?.descending;
  });
  expect(seen).toEqual(ways);
});

it('another column begins as it would alone', () => {
  expect(nextSort({ column: 'name', descending: true }, 'rate', true)).toEqual({
    column: 'rate',
    descending: true,
  });
});
