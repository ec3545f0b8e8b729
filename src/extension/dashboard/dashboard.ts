/**
 * The dashboard: one panel a window, at any place. What the page shows comes from its `Feed`; what it
 * asks for is done by commands. Its page keeps its own state, so a reload of the window brings it back.
 */
import * as vscode from 'vscode';
import { type Action, type FailureAction, parseToHost, type ToHost } from '../../protocol';
import type { FailureSummary } from '../../queue/failureSummaries';
import type { FailureKindNode } from '../actions/failureKind';
import type { Store } from '../store/store';
import { Feed } from './feed';
import { pageHtml } from './page';
import { type HostsOf, runRowAction } from './rowActions';

const VIEW_TYPE = 'distcomp.dashboard';

const COMMANDS: Record<Action, string> = {
  connect: 'distcomp.connect',
};

const KIND_COMMANDS = {
  retry: 'distcomp.retrySameSignature',
  retryWithMemory: 'distcomp.retryWithMemory',
} as const;

export class Dashboard implements vscode.WebviewPanelSerializer {
  readonly #extensionUri: vscode.Uri;
  readonly #store: Store;
  readonly #hostsOf: HostsOf;
  readonly #log: vscode.LogOutputChannel;
  readonly #serializer: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;

  constructor(
    extensionUri: vscode.Uri,
    store: Store,
    hostsOf: HostsOf,
    log: vscode.LogOutputChannel,
  ) {
    this.#extensionUri = extensionUri;
    this.#store = store;
    this.#hostsOf = hostsOf;
    this.#log = log;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this);
  }

  dispose(): void {
    this.#serializer.dispose();
    this.#panel?.dispose();
  }

  /** Whether it is what somebody works in. */
  get isActive(): boolean {
    return this.#panel?.active ?? false;
  }

  /** Shows it, where it is if it is somewhere. */
  open(): void {
    if (this.#panel) {
      this.#panel.reveal();
      return;
    }
    const title = vscode.l10n.t('DistComp Dashboard');
    const panel = vscode.window.createWebviewPanel(VIEW_TYPE, title, vscode.ViewColumn.Active);
    this.#fill(panel);
  }

  /** A panel that VS Code brings back after a reload. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#fill(panel);
  }

  #fill(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.#extensionUri, 'dist')],
    };
    panel.iconPath = vscode.Uri.joinPath(this.#extensionUri, 'media', 'icon.png');
    const feed = new Feed(
      this.#store,
      update => void webview.postMessage(update),
      line => this.#log.info(line),
    );
    webview.onDidReceiveMessage((value: unknown) => {
      const message = parseToHost(value);
      if (message) this.#obey(message, feed);
    });
    panel.onDidChangeViewState(() => {
      feed.visible = panel.visible;
    });
    panel.onDidDispose(() => {
      feed.dispose();
      if (this.#panel === panel) this.#panel = undefined;
    });
    webview.html = pageHtml(webview, this.#extensionUri);
  }

  #obey(message: ToHost, feed: Feed): void {
    switch (message.kind) {
      case 'ready':
        feed.open(message.period, message.view);
        break;
      case 'period':
        feed.showPeriod(message.period);
        break;
      case 'view':
        feed.showTab(message.view);
        break;
      case 'act':
        void vscode.commands.executeCommand(COMMANDS[message.action]);
        break;
      case 'failure':
        this.#actOnKind(message.action, feed.kind(message.id));
        break;
      case 'rows':
        runRowAction(message.action, feed.chosen(message.rows), this.#hostsOf).catch(
          (error: Error) => this.#log.error(error),
        );
        break;
    }
  }

  #actOnKind(action: FailureAction, kind: FailureSummary | undefined): void {
    const queue = this.#store.target?.queue;
    // It is not among the failures any more.
    if (!kind || queue === undefined) return;
    const { signature, sample } = kind;
    if (action !== 'showOutput') {
      const node: FailureKindNode = { kind: 'failureKind', signature };
      void vscode.commands.executeCommand(KIND_COMMANDS[action], node);
    } else if (sample !== undefined) {
      const node = { kind: 'task', queue, state: 'failed', row: { line: sample } };
      void vscode.commands.executeCommand('distcomp.showOutput', node);
    }
  }
}
