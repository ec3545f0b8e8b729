/** Puts what is found in open task files into the Problems view, a moment after each edit. */
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { number } from '../../tasks/words';
import type { Problems } from '../submission/problems';
import { type Finding, findings } from './findings';
import type { LiveWorkers } from './liveWorkers';
import type { TaskDocument, TaskDocuments } from './taskDocuments';

/** While one types, what is said changes with every key: it is told at this distance. */
const PAUSE_MS = 150;

export class TaskDiagnostics {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** What was told last, so that an edit that changes nothing of it costs no message. */
  readonly #told = new Map<string, unknown>();
  readonly #subscriptions: { dispose(): void }[];

  constructor(
    private readonly documents: TaskDocuments,
    private readonly problems: Problems,
    private readonly workers: LiveWorkers,
  ) {
    this.#subscriptions = [
      documents.onDidRead(({ document }) => {
        workers.refresh();
        this.#soon(document.uri);
      }),
      documents.onDidClose(uri => this.#forget(uri)),
      workers.onDidChange(() => {
        for (const { document } of documents.read()) this.#soon(document.uri);
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => problems.forgetFile(uri)),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #soon(uri: vscode.Uri): void {
    const key = uri.toString();
    if (this.#timers.has(key)) return;
    const tell = () => {
      this.#timers.delete(key);
      for (const each of this.documents.read()) {
        if (each.document.uri.toString() === key) this.#tell(key, each);
      }
    };
    this.#timers.set(key, setTimeout(tell, PAUSE_MS));
  }

  #tell(key: string, { document, lines }: TaskDocument): void {
    const textAt = (line: number) => document.lineAt(line).text;
    const all = findings(lines, this.workers.capacities, textAt);
    if (isDeepStrictEqual(all, this.#told.get(key))) return;
    this.#told.set(key, all);
    const diagnostics = all.found.map(diagnostic);
    const last = all.found.at(-1);
    if (last && all.more > 0) {
      const message = vscode.l10n.t('… and {0} more', number(all.more));
      diagnostics.push(diagnostic({ ...last, message }));
    }
    this.problems.setDocument(document.uri, diagnostics);
  }

  #forget(uri: vscode.Uri): void {
    const key = uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#told.delete(key);
    this.problems.closeDocument(uri);
  }
}

function diagnostic({ line, start, end, message, kind }: Finding): vscode.Diagnostic {
  const { Error: wrong, Warning: doubtful } = vscode.DiagnosticSeverity;
  const range = new vscode.Range(line, start, line, end);
  const found = new vscode.Diagnostic(range, message, kind === 'no_worker' ? doubtful : wrong);
  found.source = 'DistComp';
  found.code = kind;
  return found;
}
