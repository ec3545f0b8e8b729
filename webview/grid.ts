/**
 * A table of which only the rows in sight are in the page. It knows how many there are, asks for those
 * that it shows, and is walked by the keyboard: arrows, Page Up and Down, Home, End; Space selects,
 * with Shift from there to here; Enter does what a click does.
 */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { Row, Table } from '../src/protocol';
import { element } from './element';
import { GridHead } from './gridHead';
import { GridRow } from './gridRow';
import { Selection } from './selection';
import { tracksOf } from './tracks';

/** Rows beside those in sight, so that a step of the wheel shows no gap. */
const OVERSCAN = 8;

export interface GridEvents {
  /** Others are in sight, or they are to stand still. */
  onSight(): void;
  onSort(column: string): void;
  onSelect(): void;
  /** What a click on a row does. */
  onOpen(row: Row): void;
}

export class Grid {
  readonly root: HTMLElement;
  readonly selection = new Selection();
  readonly #events: GridEvents;
  readonly #name: string;
  readonly #head: GridHead;
  readonly #scroller: HTMLElement = element('div', { class: 'scroller', role: 'presentation' });
  readonly #body = element('div', { class: 'body', role: 'rowgroup' });
  readonly #virtualizer: Virtualizer<HTMLElement, Element>;
  #table: Table | undefined;
  /** Those in sight, by their places. */
  #views = new Map<number, GridRow>();
  #active = 0;
  #isPointedAt = false;

  constructor(name: string, label: string, events: GridEvents) {
    this.#name = name;
    this.#events = events;
    this.#head = new GridHead(
      column => events.onSort(column),
      () => this.#toggleAll(),
    );
    this.#scroller.append(this.#body);
    this.root = element(
      'div',
      { class: `grid ${name}`, role: 'grid', 'aria-label': label, 'aria-multiselectable': 'true' },
      this.#head.root,
      this.#scroller,
    );
    this.root.tabIndex = 0;
    this.#virtualizer = new Virtualizer(this.#options(0));
    this.#listen();
    this.#virtualizer._didMount();
  }

  /** The first row in sight or near it, and how many there are. */
  get sight(): { first: number; count: number } {
    const { startIndex, endIndex } = this.#virtualizer.calculateRange() ?? {
      startIndex: 0,
      endIndex: 0,
    };
    const first = Math.max(0, startIndex - OVERSCAN);
    return { first, count: endIndex + OVERSCAN + 1 - first };
  }

  /** Somebody points at a row, walks along them, has selected some, or reads further down. */
  get isHeld(): boolean {
    const isWalked = document.activeElement === this.root;
    const isUsed = this.#isPointedAt || isWalked || !this.selection.isEmpty;
    return isUsed || this.#scroller.scrollTop > 0;
  }

  show(table: Table): void {
    const before = this.#table;
    this.#table = table;
    for (const { id, mark } of table.rows) if (mark === 'gone') this.selection.drop(id);
    const isSame =
      before?.columns.map(({ id }) => id).join() === table.columns.map(({ id }) => id).join();
    if (!isSame) this.#forgetViews();
    this.#head.show(table);
    const { tracks, least } = tracksOf(table.columns);
    this.root.style.setProperty('--tracks', tracks);
    this.root.style.minWidth = least;
    this.#active = Math.max(0, Math.min(this.#active, table.length - 1));
    this.root.setAttribute(
      'aria-rowcount',
      String(table.total === undefined ? -1 : table.total + 1),
    );
    this.root.setAttribute('aria-colcount', String(table.columns.length + 1));
    this.root.hidden = table.length === 0;
    // The page grows with the first rows, and stays as it is from then on.
    this.root.style.setProperty('--rows', String(table.length));
    this.#virtualizer.setOptions(this.#options(table.length));
    this.#virtualizer._willUpdate();
    this.#draw();
  }

  /** Begins anew: other rows, none of them selected. */
  reset(): void {
    this.selection.clear();
    this.#active = 0;
    this.#table = undefined;
    this.#scroller.scrollTop = 0;
    this.root.hidden = true;
    this.#forgetViews();
  }

  clearSelection(): void {
    this.#clear();
    this.#draw();
  }

  #options(count: number): VirtualizerOptions<HTMLElement, Element> {
    return {
      count,
      getScrollElement: () => this.#scroller,
      estimateSize: () => rowHeight(this.#scroller),
      overscan: OVERSCAN,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => {
        this.#draw();
        this.#events.onSight();
      },
    };
  }

  #draw(): void {
    const items = this.#table ? this.#virtualizer.getVirtualItems() : [];
    this.#body.style.height = `${this.#virtualizer.getTotalSize()}px`;
    this.#keepViews(items.map(({ index }) => index));
    for (const { index, start } of items) {
      const row = this.#rowAt(index);
      this.#views.get(index)?.show(index, start, row, {
        id: `${this.#name}-${index}`,
        isSelected: row !== undefined && this.selection.has(row.id),
        isActive: index === this.#active,
      });
    }
    this.root.setAttribute('aria-activedescendant', `${this.#name}-${this.#active}`);
  }

  /** A row that stays in sight stays the same element; one that leaves becomes one that comes. */
  #keepViews(indexes: readonly number[]): void {
    const wanted = new Set(indexes);
    const left = [...this.#views].filter(([index]) => !wanted.has(index));
    for (const [index] of left) this.#views.delete(index);
    const free = left.map(([, view]) => view);
    for (const index of indexes) {
      if (this.#views.has(index)) continue;
      const view = free.pop() ?? new GridRow(this.#table?.columns ?? []);
      if (!view.root.isConnected) this.#body.append(view.root);
      this.#views.set(index, view);
    }
    for (const view of free) view.root.remove();
  }

  /** They are of other columns. */
  #forgetViews(): void {
    this.#views.clear();
    this.#body.replaceChildren();
  }

  #rowAt(index: number): Row | undefined {
    return this.#table?.rows[index - this.#table.first];
  }

  #listen(): void {
    this.#body.addEventListener('click', event => this.#click(event));
    this.root.addEventListener('keydown', event => this.#key(event));
    for (const name of ['focus', 'blur']) {
      this.root.addEventListener(name, () => this.#events.onSight());
    }
    this.#scroller.addEventListener('pointerenter', () => this.#point(true));
    this.#scroller.addEventListener('pointerleave', () => this.#point(false));
  }

  #point(isPointedAt: boolean): void {
    this.#isPointedAt = isPointedAt;
    this.#events.onSight();
  }

  #click(event: MouseEvent): void {
    const view = [...this.#views.values()].find(
      ({ root }) => event.target instanceof Node && root.contains(event.target),
    );
    if (!view?.row) return;
    this.#active = view.index;
    if (event.shiftKey) this.#reach(view.index);
    else if (event.ctrlKey || event.metaKey || view.isCheck(event.target)) this.#toggle(view.index);
    else this.#open(view.index);
    this.#draw();
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.root) return;
    if (!this.#act(event)) return;
    event.preventDefault();
    this.#draw();
  }

  /** Whether it was a key of this table. */
  #act({ key, shiftKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
    const isCommand = ctrlKey || metaKey;
    if (isCommand && key.toLowerCase() === 'a') this.#selectAll();
    else if (isCommand) return false;
    else if (key === ' ' && shiftKey) this.#reach(this.#active);
    else if (key === ' ') this.#toggle(this.#active);
    else if (key === 'Enter') this.#open(this.#active);
    else if (key === 'Escape') this.#clear();
    else return this.#walk(key, shiftKey);
    return true;
  }

  #walk(key: string, isReaching: boolean): boolean {
    const page = Math.max(
      1,
      Math.floor(this.#scroller.clientHeight / rowHeight(this.#scroller)) - 1,
    );
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const step = steps[key];
    if (step === undefined || !this.#table) return false;
    this.#active = Math.max(0, Math.min(this.#active + step, this.#table.length - 1));
    this.#virtualizer.scrollToIndex(this.#active);
    if (isReaching) this.#reach(this.#active);
    return true;
  }

  #toggle(index: number): void {
    const row = this.#rowAt(index);
    if (row) this.selection.toggle(row.id, index);
    this.#noteSelection();
  }

  #reach(index: number): void {
    this.selection.reach(index, each => this.#rowAt(each)?.id);
    this.#noteSelection();
  }

  #open(index: number): void {
    const row = this.#rowAt(index);
    if (!row) return;
    if (this.#table?.onClick) this.#events.onOpen(row);
    else this.#toggle(index);
  }

  #toggleAll(): void {
    if (this.selection.isEmpty) this.#selectAll();
    else this.#clear();
    this.#draw();
  }

  #selectAll(): void {
    this.selection.all();
    this.#noteSelection();
  }

  #clear(): void {
    this.selection.clear();
    this.#noteSelection();
  }

  #noteSelection(): void {
    this.#events.onSelect();
    // What is selected stays in its place.
    this.#events.onSight();
  }
}

/** As high as the text is: the font may be changed at any time. px. */
function rowHeight(within: HTMLElement): number {
  return Math.round(Number.parseFloat(getComputedStyle(within).fontSize) * 1.85);
}
