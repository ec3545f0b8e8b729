import type { Sort } from '../src/protocol';

/** What another click on the head of a column makes of the order: one way, the other way, as it came. */
export function nextSort(
  sort: Sort | undefined,
  column: string,
  isFigure: boolean,
): Sort | undefined {
  // Of figures the greatest is what one looks for.
  if (sort?.column !== column) return { column, descending: isFigure };
  return sort.descending === isFigure ? { column, descending: !isFigure } : undefined;
}
