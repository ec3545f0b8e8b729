/** One row of a grid: made once for a place on screen, and filled with whatever stands there. */
import type { Column, Row } from '../src/protocol';
import { element, setText } from './element';

/** For a row that is not loaded yet. */
const PENDING = '…';

export class GridRow {
  readonly root: HTMLElement;
  readonly #check = element('div', { role: 'gridcell', class: 'check' });
  readonly #cells: HTMLElement[];
  #row: Row | undefined;
  #index = -1;

  constructor(columns: readonly Column[]) {
    this.#check.append(element('span', { class: 'box', 'aria-hidden': 'true' }));
    this.#cells = columns.map(({ isFigure }) =>
      element('div', { role: 'gridcell', class: isFigure ? 'cell figure' : 'cell' }),
    );
    this.root = element('div', { role: 'row', class: 'row' }, this.#check, ...this.#cells);
  }

  get index(): number {
    return this.#index;
  }

  get row(): Row | undefined {
    return this.#row;
  }

  isCheck(target: EventTarget | null): boolean {
    return target instanceof Node && this.#check.contains(target);
  }

  /** @param top where it stands, px */
  show(index: number, top: number, row: Row | undefined, look: RowLook): void {
    this.#index = index;
    this.#row = row;
    this.root.id = look.id;
    // The head is the first row.
    this.root.setAttribute('aria-rowindex', String(index + 2));
    this.root.setAttribute('aria-selected', String(look.isSelected));
    this.root.classList.toggle('active', look.isActive);
    this.root.dataset.mark = row?.mark ?? '';
    this.root.style.transform = `translateY(${top}px)`;
    this.#cells.forEach((cell, i) => {
      const text = row?.cells[i] ?? PENDING;
      setText(cell, text);
      if (cell.title !== text) cell.title = text;
    });
  }
}

export interface RowLook {
  id: string;
  isSelected: boolean;
  /** The keyboard is at it. */
  isActive: boolean;
}
