/** Failed tasks by how they failed, the most frequent first, with what can be done about each kind. */
import type { FailureAction, FailureRow, Failures } from '../src/protocol';
import { element, setText } from './element';
import { send } from './host';
import { inPlace } from './inPlace';
import { filled, words } from './words';

export class FailuresPart {
  readonly root = element('section', { class: 'failures' });
  readonly #sentence = element('p', { class: 'sentence' });
  readonly #body = element('tbody');
  readonly #table: HTMLElement;
  readonly #rows = new Map<string, RowView>();
  /** As they stand. */
  #order: readonly string[] = [];
  #isPointedAt = false;

  constructor() {
    const { tasks, how, where, when, example } = words.failures;
    const heads = [tasks, how, where, when, example, ''].map(text =>
      element('th', { scope: 'col' }, text),
    );
    this.#table = element(
      'table',
      { 'aria-label': words.labels.failures },
      element('thead', {}, element('tr', {}, ...heads)),
      this.#body,
    );
    this.root.append(element('div', { class: 'wide' }, this.#table), this.#sentence);
    this.#body.addEventListener('pointerenter', () => {
      this.#isPointedAt = true;
    });
    this.#body.addEventListener('pointerleave', () => {
      this.#isPointedAt = false;
    });
  }

  show({ rows, sentence }: Failures): void {
    this.#table.hidden = rows.length === 0;
    setText(this.#sentence, sentence);
    this.#leaveOut(new Set(rows.map(({ id }) => id)));
    // A button that somebody is about to press must not be another one by then.
    const placed = this.#isPointedAt ? inPlace(rows, this.#order) : rows;
    this.#order = placed.map(({ id }) => id);
    // Rows that stay are the same elements: what has the focus keeps it.
    placed.forEach((row, i) => {
      const view = this.#viewOf(row);
      view.update(row);
      if (this.#body.children[i] !== view.root) {
        this.#body.insertBefore(view.root, this.#body.children[i] ?? null);
      }
    });
  }

  /** Those that are shown are of another queue. */
  forget(): void {
    this.show({ rows: [], sentence: '' });
  }

  #viewOf({ id }: FailureRow): RowView {
    const view = this.#rows.get(id) ?? new RowView(id);
    this.#rows.set(id, view);
    return view;
  }

  #leaveOut(kept: ReadonlySet<string>): void {
    for (const [id, view] of this.#rows) {
      if (kept.has(id)) continue;
      view.root.remove();
      this.#rows.delete(id);
    }
  }
}

class RowView {
  readonly root: HTMLTableRowElement;
  readonly #count = element('span', { class: 'number' });
  readonly #share = element('span', { class: 'dim' });
  readonly #signature = element('th', { scope: 'row', class: 'signature' });
  readonly #where = element('td', { class: 'where' });
  readonly #when = element('td', { class: 'when' });
  readonly #sample: HTMLElement;
  readonly #retry: HTMLElement;

  constructor(id: string) {
    this.#sample = sending(element('button', { class: 'sample' }), id, 'showOutput');
    this.#retry = sending(secondaryButton(), id, 'retry');
    const memory = sending(secondaryButton(), id, 'retryWithMemory');
    memory.textContent = words.moreMemory;
    memory.title = words.labels.retryWithMemory;
    this.root = element(
      'tr',
      {},
      element('td', { class: 'tasks' }, this.#count, ' ', this.#share),
      this.#signature,
      this.#where,
      this.#when,
      element('td', {}, this.#sample),
      element('td', {}, element('div', { class: 'actions' }, this.#retry, memory)),
    );
  }

  update({ count, share, signature, where, when, sample, retry }: FailureRow): void {
    setText(this.#count, count);
    setText(this.#share, share);
    setText(this.#signature, signature);
    setText(this.#where, where);
    setText(this.#when, when);
    setText(this.#sample, sample);
    this.#sample.title = filled(words.labels.showOutputOf, sample);
    this.#sample.hidden = sample === '';
    setText(this.#retry, retry);
  }
}

const secondaryButton = () => element('vscode-button', { appearance: 'secondary' });

function sending(button: HTMLElement, id: string, action: FailureAction): HTMLElement {
  button.addEventListener('click', () => send({ kind: 'failure', action, id }));
  return button;
}
