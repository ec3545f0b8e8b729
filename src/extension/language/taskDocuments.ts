/** The task files that are open as documents, each with what is known of its lines. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as vscode from 'vscode';
import { LANGUAGE } from './names';
import { type LineEdit, ParsedLines } from './parsedLines';

export interface TaskDocument {
  document: vscode.TextDocument;
  lines: ParsedLines;
}

interface Tracked extends TaskDocument {
  /** While lines are read: resolves when none is unread, or the document was closed. */
  reading: Promise<void> | undefined;
}

/** VS Code tells nothing of documents over 50 MB, so they are not among these. */
export class TaskDocuments {
  readonly #tracked = new Map<string, Tracked>();
  readonly #read = new vscode.EventEmitter<TaskDocument>();
  readonly #closed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];

  /** All lines of a document are known, for the first time or after an edit. */
  readonly onDidRead = this.#read.event;
  readonly onDidClose = this.#closed.event;

  constructor() {
    const { workspace } = vscode;
    this.#subscriptions = [
      this.#read,
      this.#closed,
      workspace.onDidOpenTextDocument(document => this.#open(document)),
      workspace.onDidChangeTextDocument(change => this.#edit(change)),
      workspace.onDidCloseTextDocument(document => this.#close(document)),
    ];
    for (const document of workspace.textDocuments) this.#open(document);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#tracked.clear();
  }

  get isEmpty(): boolean {
    return this.#tracked.size === 0;
  }

  has(uri: vscode.Uri): boolean {
    return this.#tracked.has(uri.toString());
  }

  /** Those of which every line is known. */
  *read(): Iterable<TaskDocument> {
    for (const tracked of this.#tracked.values()) if (tracked.lines.isRead) yield tracked;
  }

  /** What is known of a document once every line of it is. Undefined when it is not followed. */
  async linesOf({ uri }: vscode.TextDocument): Promise<ParsedLines | undefined> {
    const tracked = this.#tracked.get(uri.toString());
    while (tracked?.reading) await tracked.reading;
    return tracked?.lines.isRead ? tracked.lines : undefined;
  }

  #open(document: vscode.TextDocument): void {
    const { languageId, uri } = document;
    // The other side of a comparison with git is no file that one could set right.
    const isReadOnly = vscode.workspace.fs.isWritableFileSystem(uri.scheme) === false;
    if (languageId !== LANGUAGE || isReadOnly) return;
    const lines = new ParsedLines(document.lineCount);
    const tracked: Tracked = { document, lines, reading: undefined };
    this.#tracked.set(uri.toString(), tracked);
    this.#start(tracked);
  }

  #edit({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const tracked = this.#tracked.get(document.uri.toString());
    if (!tracked || contentChanges.length === 0) return;
    try {
      tracked.lines.edit(contentChanges.map(lineEdit));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      tracked.lines = new ParsedLines(document.lineCount);
    }
    this.#start(tracked);
  }

  #close({ uri }: vscode.TextDocument): void {
    if (this.#tracked.delete(uri.toString())) this.#closed.fire(uri);
  }

  #start(tracked: Tracked): void {
    tracked.reading ??= this.#readOn(tracked);
  }

  /** A piece a turn of the event loop: whatever else the extension host has to do comes between. */
  async #readOn(tracked: Tracked): Promise<void> {
    const { document } = tracked;
    const key = document.uri.toString();
    let isRead = false;
    while (!isRead && this.#tracked.get(key) === tracked) {
      await nextTurn();
      isRead = tracked.lines.readPiece(line => document.lineAt(line).text);
    }
    tracked.reading = undefined;
    if (this.#tracked.get(key) === tracked) this.#read.fire(tracked);
  }
}

function lineEdit({ range, text }: vscode.TextDocumentContentChangeEvent): LineEdit {
  const count = text.split(/\r\n|\r|\n/).length;
  return { first: range.start.line, last: range.end.line, count };
}
