/** Output of tasks as read-only documents: search, copy and screen readers work as in every file. */
import * as vscode from 'vscode';
import { taskId } from '../tasks/task';
import { shorten } from '../tasks/words';
import { outputText } from './outputText';
import type { Store } from './store';
import { commandOf } from './tree/items';

const SCHEME = 'distcomp-output';
const TITLE_LENGTH = 40;
/** A changed document is sent whole. */
const UPDATE_MS = 1_000;

export class OutputDocuments implements vscode.TextDocumentContentProvider {
  readonly #store: Store;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #lines = new Map<string, string>();
  /** Documents of tasks that may still print something. */
  readonly #unsettled = new Map<string, vscode.Uri>();
  readonly #subscriptions: { dispose(): void }[];
  #update: NodeJS.Timeout | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(store: Store) {
    this.#store = store;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      this.#changed,
      store.onDidChange(() => this.#updateSoon()),
    ];
  }

  dispose(): void {
    clearTimeout(this.#update);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** `preview`: in the tab that the next one takes over. */
  async open(line: string, preview: boolean): Promise<void> {
    const id = taskId(line);
    this.#lines.set(id, line);
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${id}/${title(line)}.log` });
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview, preserveFocus: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    await this.#store.settled();
    const { queue } = this.#store;
    if (!queue) return vscode.l10n.t('No queue is connected in this window.');
    const { details, findTask } = await import('../queue/details');
    const id = uri.path.split('/')[1] ?? '';
    const line = this.#lines.get(id) ?? (await findTask(queue, id));
    if (line === undefined) return vscode.l10n.t('This task is not in the queue any more.');
    const found = await details(queue, line);
    const settled = found.state === 'finished' || found.state === 'failed';
    if (settled) this.#unsettled.delete(uri.toString());
    else this.#unsettled.set(uri.toString(), uri);
    return outputText(found, this.#store.now());
  }

  #updateSoon(): void {
    if (this.#update || this.#unsettled.size === 0) return;
    this.#update = setTimeout(() => {
      this.#update = undefined;
      for (const { document } of vscode.window.visibleTextEditors) {
        if (this.#unsettled.has(document.uri.toString())) this.#changed.fire(document.uri);
      }
    }, UPDATE_MS);
  }
}

/** For the tab: what a person recognises, made of characters that a path may hold. */
const title = (line: string) =>
  shorten(commandOf(line), TITLE_LENGTH).replace(/[^\p{L}\p{N} ._=+,…-]+/gu, '_');
