/** The head of a grid: what its columns are, and by which it is sorted. */
import type { Column, Sort, Table } from '../src/protocol';
import { element } from './element';
import { filled, words } from './words';

export class GridHead {
  readonly root = element('div', { role: 'row', class: 'row head-row', 'aria-rowindex': '1' });
  readonly #onSort: (column: string) => void;
  readonly #all: HTMLElement;
  #heads: HTMLElement[] = [];
  #shown = '';

  constructor(onSort: (column: string) => void, onAll: () => void) {
    this.#onSort = onSort;
    const button = element(
      'button',
      { class: 'sort', 'aria-label': words.labels.selectAll },
      element('span', { class: 'box', 'aria-hidden': 'true' }),
    );
    button.addEventListener('click', onAll);
    this.#all = element('div', { role: 'columnheader', class: 'check' }, button);
  }

  show({ columns, sort }: Pick<Table, 'columns' | 'sort'>): void {
    const shown = JSON.stringify(columns);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#heads = columns.map(column => this.#headOf(column));
      this.root.replaceChildren(this.#all, ...this.#heads);
    }
    columns.forEach(({ id }, i) => {
      this.#heads[i]?.setAttribute('aria-sort', ariaSort(id, sort));
    });
  }

  #headOf({ id, title, isFigure, isSortable }: Column): HTMLElement {
    const head = element('div', {
      role: 'columnheader',
      class: isFigure ? 'cell figure' : 'cell',
    });
    if (!isSortable) {
      head.textContent = title;
      return head;
    }
    const button = element(
      'button',
      { class: 'sort', title: filled(words.labels.sortBy, title) },
      title,
    );
    button.addEventListener('click', () => this.#onSort(id));
    head.append(button);
    return head;
  }
}

function ariaSort(id: string, sort: Sort | undefined): string {
  if (sort?.column !== id) return 'none';
  return sort.descending ? 'descending' : 'ascending';
}
