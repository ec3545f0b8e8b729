/** A table with what can be done about its rows: selected ones by the buttons above it, one by a click. */
import {
  MOST_ROWS,
  type Offer,
  type Row,
  type RowAction,
  type Sort,
  type Table,
  type Window,
} from '../src/protocol';
import { element, setText } from './element';
import { Grid } from './grid';
import { send } from './host';
import { nextSort } from './nextSort';
import { filled, words } from './words';

/** The host is not asked for every single row that comes into sight. */
const STEP = 10;

export class TablePart {
  readonly root: HTMLElement;
  readonly #grid: Grid;
  readonly #selected = element('span', { class: 'selected', role: 'status' });
  readonly #buttons = element('span', { class: 'actions' });
  readonly #sentence = element('p', { class: 'sentence' });
  readonly #onView: () => void;
  #sort: Sort | undefined;
  #table: Table | undefined;
  #asked = '';
  #offered = '';

  /**
   * @param controls what stands before the buttons
   * @param onView the host is to be asked for `window`
   */
  constructor(name: string, label: string, controls: readonly HTMLElement[], onView: () => void) {
    this.#onView = onView;
    this.#grid = new Grid(name, label, {
      onSight: () => this.#ask(),
      onSort: column => this.#sortBy(column),
      onSelect: () => this.#showSelected(),
      onOpen: row => this.#open(row),
    });
    const bar = element('div', { class: 'toolbar' }, ...controls, this.#buttons, this.#selected);
    const wide = element('div', { class: 'wide' }, this.#grid.root);
    this.root = element('section', { class: 'table' }, bar, this.#sentence, wide);
  }

  /** The rows that it shows. */
  get window(): Window {
    const { first, count } = this.#grid.sight;
    const from = Math.floor(first / STEP) * STEP;
    const rows = Math.ceil((first + count - from) / STEP) * STEP;
    return {
      first: from,
      count: Math.min(MOST_ROWS, Math.max(rows, 4 * STEP)),
      isHeld: this.#grid.isHeld,
      ...(this.#sort ? { sort: this.#sort } : {}),
    };
  }

  show(table: Table): void {
    this.#table = table;
    setText(this.#sentence, table.sentence);
    this.#offer(table.offers);
    this.#grid.show(table);
    this.#showSelected();
    // What is not there any more is not selected either, and then nothing is held.
    this.#ask();
  }

  /** Other rows from now on, and none until they come. */
  reset(sort?: Sort): void {
    this.#table = undefined;
    this.#sort = sort;
    this.#asked = '';
    this.#grid.reset();
    setText(this.#sentence, '');
    this.#showSelected();
  }

  #ask(): void {
    const asked = JSON.stringify(this.window);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#onView();
  }

  #sortBy(column: string): void {
    const isFigure = this.#table?.columns.some(({ id, isFigure }) => id === column && isFigure);
    this.#sort = nextSort(this.#sort, column, isFigure === true);
    this.#ask();
  }

  #open(row: Row): void {
    const action = this.#table?.onClick;
    if (action) send({ kind: 'rows', action, rows: [row.id] });
  }

  /** Buttons that stay are the same ones, so that what has the focus keeps it. */
  #offer(offers: readonly Offer[]): void {
    const offered = JSON.stringify(offers);
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#buttons.replaceChildren(...offers.map(offer => this.#button(offer)));
  }

  #button({ action, text, isForOne }: Offer): HTMLElement {
    const button = element('vscode-button', { appearance: 'secondary' }, text);
    button.dataset.for = isForOne ? 'one' : 'many';
    button.addEventListener('click', () => this.#act(action));
    return button;
  }

  #act(action: RowAction): void {
    const rows = this.#grid.selection.chosen(this.#table?.loaded ?? 0);
    send({ kind: 'rows', action, rows });
    // Which of them are there still cannot be seen: most are out of sight.
    if ('all' in rows) this.#grid.clearSelection();
  }

  #showSelected(): void {
    const count = this.#grid.selection.count(this.#table?.loaded ?? 0);
    setText(
      this.#selected,
      count > 0 ? filled(words.selected, count.toLocaleString(words.language)) : '',
    );
    for (const button of this.#buttons.children) {
      const isFor =
        button instanceof HTMLElement && button.dataset.for === 'one' ? count === 1 : count > 0;
      button.toggleAttribute('disabled', !isFor);
    }
  }
}
