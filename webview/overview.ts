/** The head of the page: what it shows, how far it is, and what there is to know beside the counts. */
import type { Action, Overview, Segment } from '../src/protocol';
import { element, setText } from './element';
import { send } from './host';

export class OverviewPart {
  readonly root = element('section', { class: 'overview', 'aria-labelledby': 'title' });
  readonly status = element('span', { class: 'status', role: 'status' });
  readonly #title = element('h1', { id: 'title' });
  readonly #remedy = document.createElement('vscode-button');
  #action: Action | undefined;
  readonly #bar = element('div', { class: 'bar', role: 'img' });
  readonly #counts = element('ul', { class: 'counts' });
  readonly #sentences = element('p', { class: 'sentences' });

  constructor() {
    this.#remedy.addEventListener('click', () => {
      if (this.#action) send({ kind: 'act', action: this.#action });
    });
    const head = element('div', { class: 'head' }, this.#title, this.status, this.#remedy);
    this.root.append(head, this.#bar, this.#counts, this.#sentences);
  }

  show({ title, status, segments = [], sentences }: Overview): void {
    setText(this.#title, title);
    setText(this.status, status.text);
    this.status.dataset.kind = status.kind;
    this.#action = status.remedy?.action;
    this.#remedy.hidden = status.remedy === undefined;
    setText(this.#remedy, status.remedy?.text ?? '');
    this.#showBar(segments);
    setText(this.#sentences, sentences.join(' · '));
  }

  #showBar(segments: readonly Segment[]): void {
    const total = segments.reduce((sum, { count }) => sum + count, 0);
    this.#bar.setAttribute('aria-label', segments.map(({ text }) => text).join(', '));
    keepChildren(this.#bar, segments.length, () => element('div'));
    keepChildren(this.#counts, segments.length, () => element('li'));
    segments.forEach(({ state, count, text }, i) => {
      const part = this.#bar.children[i] as HTMLElement;
      part.className = `part ${state}`;
      part.style.flexGrow = String(total > 0 ? count / total : 0);
      const item = this.#counts.children[i] as HTMLElement;
      item.className = `count ${state}`;
      setText(item, text);
    });
  }
}

/** As many children as are wanted: those that stay are the same ones, so nothing flickers. */
function keepChildren(parent: Element, count: number, make: () => Element): void {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(make());
}
