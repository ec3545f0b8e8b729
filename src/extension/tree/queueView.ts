/** The view around the tree: its message, its badge, and when it is refreshed. */
import * as vscode from 'vscode';
import { pausedWords } from '../../tasks/limitWords';
import { lasting, number, plural, shorten, visible } from '../../tasks/words';
import type { Filter } from '../store/filter';
import type { Store } from '../store/store';
import type { Node } from './nodes';
import { QueueTree } from './queueTree';

const TICK_MS = 1_000;

export class QueueView {
  readonly #store: Store;
  readonly #filter: Filter;
  readonly #tree: QueueTree;
  readonly #view: vscode.TreeView<Node>;
  readonly #subscriptions: { dispose(): void }[];

  constructor(store: Store, filter: Filter) {
    this.#store = store;
    this.#filter = filter;
    this.#tree = new QueueTree(store, filter);
    this.#view = vscode.window.createTreeView('distcomp.queues', {
      treeDataProvider: this.#tree,
      canSelectMany: true,
      showCollapseAll: true,
    });
    const tick = setInterval(() => this.#tick(), TICK_MS);
    this.#subscriptions = [
      this.#view,
      this.#tree,
      { dispose: () => clearInterval(tick) },
      store.onDidChange(() => this.#show()),
      filter.onDidChange(() => this.#show()),
      this.#view.onDidChangeVisibility(({ visible }) => store.watch(visible)),
      this.#view.onDidCollapseElement(({ element }) => {
        if (element.kind === 'state') store.unfollow(element.state);
      }),
    ];
    store.watch(this.#view.visible);
    this.#show();
  }

  /** What is selected, for commands that were called without an item. */
  get selection(): readonly Node[] {
    return this.#view.selection;
  }

  /** A command was called: whatever it changes is shown without delay. */
  release(): void {
    this.#tree.release();
  }

  get visible(): boolean {
    return this.#view.visible;
  }

  get onDidChangeVisibility(): vscode.Event<vscode.TreeViewVisibilityChangeEvent> {
    return this.#view.onDidChangeVisibility;
  }

  /** Shows the failed tasks, and leaves the keyboard with them. */
  async showFailed(): Promise<void> {
    const { target } = this.#store;
    if (!target) return;
    // All of them: a filter would hide some.
    this.#filter.clear();
    await vscode.commands.executeCommand('distcomp.queues.focus');
    const failed: Node = { kind: 'state', queue: target.queue, state: 'failed' };
    await this.#view.reveal(failed, { select: true, focus: true, expand: true });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #show(): void {
    const failed = this.#store.counts?.failed ?? 0;
    this.#view.badge =
      failed > 0
        ? { value: failed, tooltip: vscode.l10n.t('{0} failed', plural(failed, 'task')) }
        : undefined;
    this.#view.message = this.#message();
    this.#tree.redraw();
  }

  #message(): string {
    const wrong = message(this.#store);
    const filtered = this.#filter.isOn ? filterWords(this.#filter) : '';
    // On one line: the view shows no others.
    return [wrong, filtered].filter(Boolean).join(wrong.endsWith('.') ? ' ' : ' · ');
  }

  /** Durations go on while nothing happens in the queue. */
  #tick(): void {
    if (!this.#view.visible) return;
    const { link, counts } = this.#store;
    if (link.state === 'stale') this.#view.message = this.#message();
    if (link.state === 'live' && counts?.inProgress) this.#tree.redrawState('in_progress');
  }
}

/** What stands above the tree: what is wrong, and what it means. Empty when all is well. */
function message({ link, counts, overview }: Store): string {
  switch (link.state) {
    case 'refused':
      return link.error.message;
    case 'stale':
      return vscode.l10n.t('stale {0} · reconnecting', lasting(performance.now() - link.since));
    case 'live':
      if (counts?.closed) {
        return vscode.l10n.t(
          'The queue is closed: workers end what they have and take nothing new.',
        );
      }
      if (counts?.paused) {
        return vscode.l10n.t(
          'The queue is {0}: what runs goes on, nothing new starts until it is resumed.',
          pausedWords(counts.pausedAfterFailures),
        );
      }
      if (counts?.todo && counts.workers === 0 && !overview?.progress.besideOriginal) {
        return vscode.l10n.t('No worker is running: these tasks wait until one is started.');
      }
      return '';
    default:
      return '';
  }
}

const FILTER_LENGTH = 60;

/** `"seed 7": searched 120,000 of 1,000,000`. */
function filterWords(filter: Filter): string {
  const { t } = vscode.l10n;
  const text = `"${visible(shorten(filter.text, FILTER_LENGTH))}"`;
  const { searched, total, matches } = filter.progress();
  const [some, all, found] = [number(searched), number(total), plural(matches, 'match', 'matches')];
  switch (filter.state) {
    case 'off':
      return '';
    case 'searching':
      return t('{0}: searched {1} of {2}', text, some, all);
    case 'stopped':
      return t('{0}: {1}, stopped after {2} of {3}', text, found, some, all);
    case 'ended':
      return searched < total
        ? t('{0}: the first {1}, searched {2} of {3}', text, found, some, all)
        : t('{0}: {1}, searched all {2}', text, found, all);
  }
}
