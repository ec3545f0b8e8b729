import { describe, expect, it } from 'vitest';
import { Selection } from '../../../webview/selection';

const idAt = (index: number) => (index < 5 ? `row ${index}` : undefined);

describe('the selection of a table', () => {
  it('has what was turned on and not off again', () => {
    const selection = new Selection();
    selection.toggle('row 1', 1);
    selection.toggle('row 3', 3);
    selection.toggle('row 1', 1);
    expect(selection.chosen(9)).toEqual(['row 3']);
    expect(selection.has('row 1')).toBe(false);
    expect(selection.count(9)).toBe(1);
  });

  it.each([
    ['downwards', 1, 3],
    ['upwards', 3, 1],
  ])('reaches %s from the last one that was turned on, and no further', (_, from, to) => {
    const selection = new Selection();
    selection.toggle(`row ${from}`, from);
    selection.reach(4, idAt);
    selection.reach(to, idAt);
    expect(selection.chosen(9)).toEqual(['row 1', 'row 2', 'row 3']);
  });

  it('reaches over what is not loaded without it', () => {
    const selection = new Selection();
    selection.toggle('row 4', 4);
    selection.reach(7, idAt);
    expect(selection.chosen(9)).toEqual(['row 4']);
  });

  it('is without what is not there any more', () => {
    const selection = new Selection();
    selection.toggle('row 1', 1);
    selection.toggle('row 2', 2);
    selection.drop('row 1');
    expect(selection.chosen(9)).toEqual(['row 2']);
    selection.drop('row 2');
    expect(selection.isEmpty).toBe(true);
  });

  it('stands for all that are loaded, whichever they are', () => {
    const selection = new Selection();
    selection.toggle('row 1', 1);
    selection.all();
    expect(selection.chosen(9)).toEqual({ all: 9 });
    expect(selection.has('what came later')).toBe(true);
    expect(selection.count(9)).toBe(9);
    // One of them alone is meant by whoever picks one then.
    selection.toggle('row 2', 2);
    expect(selection.chosen(9)).toEqual(['row 2']);
    selection.clear();
    expect(selection.count(9)).toBe(0);
    expect(selection.isEmpty).toBe(true);
  });
});
