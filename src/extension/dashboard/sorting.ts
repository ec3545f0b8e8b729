/** Columns of a table, and the order of its rows. Pure. */
import type { Column, Row, Sort } from '../../protocol';

export interface ColumnOf<T> {
  id: string;
  title: string;
  isFigure?: true;
  width: number;
  cell(item: T): string;
  /** Whether its cell has not all of it. */
  isCut?(item: T): boolean;
  /** What rows are sorted by; what has none stands last in either direction. */
  key?(item: T): number | string | undefined;
}

export const described = <T>(columns: readonly ColumnOf<T>[]): Column[] =>
  columns.map(({ id, title, isFigure, width, key }) => ({
    id,
    title,
    width,
    ...(isFigure ? { isFigure } : {}),
    isSortable: key !== undefined,
  }));

export const cellsOf = <T>(columns: readonly ColumnOf<T>[], item: T): Row['cells'] =>
  columns.map(({ cell }) => cell(item));

/** Undefined for a column that the table does not have or cannot sort by. */
export function sortOf<T>(
  columns: readonly ColumnOf<T>[],
  sort: Sort | undefined,
): Sort | undefined {
  return columns.some(({ id, key }) => id === sort?.column && key) ? sort : undefined;
}

/** Equal ones stay in the order in which they came. */
export function sorted<T>(
  items: readonly T[],
  columns: readonly ColumnOf<T>[],
  sort: Sort | undefined,
): T[] {
  const key = columns.find(({ id }) => id === sort?.column)?.key;
  if (!sort || !key) return [...items];
  const sign = sort.descending ? -1 : 1;
  const known: { item: T; value: number | string }[] = [];
  const unknown: T[] = [];
  for (const item of items) {
    const value = key(item);
    if (value === undefined) unknown.push(item);
    else known.push({ item, value });
  }
  known.sort((a, b) => sign * compare(a.value, b.value));
  return [...known.map(({ item }) => item), ...unknown];
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

/** `node9~1` before `node10~1`. */
const collator = new Intl.Collator('en', { numeric: true });

/**
 * The rows of a table as they stand. While they are held, those that are shown stay where they are, even if
 * they are not there any more, and new ones come behind them; another order is shown all the same.
 */
export class Arrangement {
  #rows: readonly string[] = [];
  #sort: Sort | undefined;

  get rows(): readonly string[] {
    return this.#rows;
  }

  forget(): void {
    this.#rows = [];
  }

  /** @param now rows that are there, as `sort` orders them */
  arrange(now: readonly string[], sort: Sort | undefined, isHeld: boolean): readonly string[] {
    const isSame =
      sort?.column === this.#sort?.column && sort?.descending === this.#sort?.descending;
    this.#sort = sort;
    const stay = isHeld && isSame ? this.#rows : [];
    const known = new Set(stay);
    this.#rows = [...stay, ...now.filter(id => !known.has(id))];
    return this.#rows;
  }
}
