/** The one status-bar item: `34 ▶ 1,012 · 6 min`, and how many failed while nobody looked. */
import * as vscode from 'vscode';
import type { Counts } from '../queue/counts';
import { lasting, number, plural } from '../tasks/words';
import type { Store } from './store/store';

const TICK_MS = 1_000;

/** What shows the failures: while it is visible somebody looks at them. */
type FailureView = Pick<vscode.TreeView<unknown>, 'visible' | 'onDidChangeVisibility'>;

export class StatusBar {
  readonly #store: Store;
  readonly #failures: FailureView;
  readonly #item: vscode.StatusBarItem;
  readonly #subscriptions: { dispose(): void }[];
  #failedSeen = 0;

  constructor(store: Store, failures: FailureView) {
    this.#store = store;
    this.#failures = failures;
    this.#item = vscode.window.createStatusBarItem('distcomp', vscode.StatusBarAlignment.Left, 10);
    this.#item.name = 'DistComp';
    this.#item.command = 'distcomp.openDashboard';
    const tick = setInterval(() => {
      if (store.link.state === 'stale') this.#show();
    }, TICK_MS);
    this.#subscriptions = [
      this.#item,
      { dispose: () => clearInterval(tick) },
      store.onDidChange(() => this.#show()),
      failures.onDidChangeVisibility(() => this.#show()),
    ];
    this.#show();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #show(): void {
    const { link, counts, target } = this.#store;
    if (link.state === 'unconfigured') {
      this.#item.hide();
      return;
    }
    const { text, says } = this.#words();
    this.#item.text = text;
    this.#item.tooltip = `DistComp, ${target?.label ?? ''}: ${says}`;
    this.#item.accessibilityInformation = { label: this.#item.tooltip, role: 'button' };
    this.#item.show();
    // Retried ones are no longer failures that someone saw.
    this.#failedSeen = Math.min(this.#failedSeen, counts?.failed ?? 0);
    if (counts && this.#failures.visible) this.#failedSeen = counts.failed;
  }

  #words(): { text: string; says: string } {
    const { link, counts } = this.#store;
    switch (link.state) {
      case 'unconfigured':
      case 'connecting':
        return { text: '$(server-process) …', says: vscode.l10n.t('connecting') };
      case 'refused':
        return { text: '$(warning) DistComp', says: link.error.message };
      case 'stale': {
        const stale = vscode.l10n.t('stale {0}', lasting(performance.now() - link.since));
        return { text: `$(warning) ${stale}`, says: `${stale}, ${vscode.l10n.t('reconnecting')}` };
      }
      case 'live':
        return counts ? this.#countWords(counts) : { text: '$(server-process) …', says: '' };
    }
  }

  #countWords({ inProgress, todo, failed, finished }: Counts): { text: string; says: string } {
    const unseen = failed > this.#failedSeen && !this.#failures.visible;
    const { pace, left } = this.#store.speed;
    const text = [
      `$(server-process) ${number(inProgress)} ▶ ${number(todo)}`,
      ...(left ? [left] : []),
    ].join(' · ');
    const says = [
      vscode.l10n.t('{0} in progress', number(inProgress)),
      vscode.l10n.t('{0} to do', number(todo)),
      vscode.l10n.t('{0} failed', plural(failed, 'task')),
      vscode.l10n.t('{0} finished', number(finished)),
      ...(pace ? [pace] : []),
    ].join(', ');
    return { text: unseen ? `${text}  $(error) ${number(failed)}` : text, says };
  }
}
