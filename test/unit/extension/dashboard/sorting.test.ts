import { describe, expect, it } from 'vitest';
import {
  Arrangement,
  type ColumnOf,
  sorted,
  sortOf,
} from '../../../../src/extension/dashboard/sorting';

interface Item {
  name: string;
  rate?: number;
}

const COLUMNS: ColumnOf<Item>[] = [
  { id: 'name', title: 'Name', width: 9, cell: ({ name }) => name, key: ({ name }) => name },
  {
    id: 'rate',
    title: 'Rate',
    width: 9,
    cell: ({ rate }) => String(rate),
    key: ({ rate }) => rate,
  },
  { id: 'note', title: 'Note', width: 9, cell: () => '' },
];
const ITEMS: Item[] = [
  { name: 'node10', rate: 3 },
  { name: 'node9' },
  { name: 'node2', rate: 10 },
  { name: 'node1', rate: 3 },
];
const names = (items: readonly Item[]) => items.map(({ name }) => name);
const by = (column: string, descending = false) =>
  names(sorted(ITEMS, COLUMNS, { column, descending }));

describe('rows', () => {
  it('are sorted by names with numbers, and by figures', () => {
    expect(by('name')).toEqual(['node1', 'node2', 'node9', 'node10']);
    expect(by('rate', true)).toEqual(['node2', 'node10', 'node1', 'node9']);
  });

  it('stand last where nothing is known, and stay in their order where they are equal', () => {
    expect(by('rate')).toEqual(['node10', 'node1', 'node2', 'node9']);
  });

  it('stay as they came without a column to sort by', () => {
    expect(names(sorted(ITEMS, COLUMNS, undefined))).toEqual(names(ITEMS));
    expect(by('note')).toEqual(names(ITEMS));
    expect(sortOf(COLUMNS, { column: 'note', descending: true })).toBeUndefined();
    expect(sortOf(COLUMNS, { column: 'toString', descending: true })).toBeUndefined();
    expect(sortOf(COLUMNS, undefined)).toBeUndefined();
  });

  it('are where they are now, unless they are held', () => {
    const rows = new Arrangement();
    expect(rows.arrange(['b', 'a'], undefined, true)).toEqual(['b', 'a']);
    expect(rows.arrange(['a', 'b'], undefined, false)).toEqual(['a', 'b']);
    // One of them is not there any more, and one is new.
    expect(rows.arrange(['c', 'b'], undefined, true)).toEqual(['a', 'b', 'c']);
    expect(rows.rows).toEqual(['a', 'b', 'c']);
    expect(rows.arrange(['c', 'b'], undefined, false)).toEqual(['c', 'b']);
  });

  it('come in another order at once, held or not', () => {
    const rows = new Arrangement();
    rows.arrange(['a', 'b'], { column: 'name', descending: false }, true);
    const down = { column: 'name', descending: true };
    expect(rows.arrange(['b', 'a'], down, true)).toEqual(['b', 'a']);
    expect(rows.arrange(['c', 'b', 'a'], down, true)).toEqual(['b', 'a', 'c']);
  });
});
