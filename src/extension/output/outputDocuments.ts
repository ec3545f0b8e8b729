/**
 * Output of tasks as read-only documents: search, copy and screen readers work as in every file. What
 * may still change is followed: one read a second at most, and only while it is visible.
 */
import * as vscode from 'vscode';
import { readTail } from '../../host/fileTail';
import type { OutputReader, TaskOutput } from '../../queue/outputReader';
import type { Queue } from '../../queue/queue';
import { taskId } from '../../tasks/task';
import { visible } from '../../tasks/words';
import { placeOf } from '../connection/place';
import { Pace, type PaceLimits } from '../store/pace';
import type { Store } from '../store/store';
import { OUTPUT_SCHEME, type OutputTarget, outputUri, parseOutputUri } from './outputUri';

/** A changed document is sent whole. */
const RUNNING = { gapMs: 1_000, idleMs: 1_000 };
/** A worker that does not answer takes five seconds each time. */
const UNANSWERED = { gapMs: 1_000, idleMs: 10_000 };
/** A failed task may be retried, which the store notices. */
const WAITING = { gapMs: 1_000, idleMs: 60_000 };

interface Open {
  uri: vscode.Uri;
  reader: OutputReader;
  /** As last read. */
  shown?: TaskOutput;
  /** Read, and not yet fetched by the editor. */
  fresh?: string;
}

export class OutputDocuments implements vscode.TextDocumentContentProvider {
  readonly #store: Store;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #read = new vscode.EventEmitter<void>();
  readonly #lines = new Map<string, string>();
  readonly #open = new Map<string, Open>();
  /** Documents that were asked for while no queue was connected. */
  readonly #unread = new Map<string, vscode.Uri>();
  /** Editors that showed the end of a document which is about to change, each with the last line that it showed. */
  readonly #atEnd = new Map<string, Map<vscode.TextEditor, number>>();
  readonly #subscriptions: { dispose(): void }[];
  #pace: Pace | undefined;

  readonly onDidChange = this.#changed.event;
  /** What is known of the attempts in a document is new. */
  readonly onDidRead = this.#read.event;

  constructor(store: Store) {
    this.#store = store;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(OUTPUT_SCHEME, this),
      this.#changed,
      this.#read,
      store.onDidChange(() => this.#storeChanged()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#follow()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#keepAtEnd(document)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#forget(uri)),
    ];
  }

  dispose(): void {
    this.#pace?.stop();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** The address of a document about this task, for which its line need not be searched. */
  uri(target: OutputTarget): vscode.Uri {
    this.#lines.set(taskId(target.line), target.line);
    return outputUri(target, this.#place);
  }

  async show(target: OutputTarget, options: vscode.TextDocumentShowOptions): Promise<void> {
    const uri = this.uri(target);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, options);
    if (this.shown(uri)?.found.kind === 'running') scrollToEnd(editor);
  }

  /** What stands in a document of ours. */
  shown(uri: vscode.Uri): TaskOutput | undefined {
    return this.#open.get(uri.toString())?.shown;
  }

  /** The queue of this window. */
  get #place(): string {
    const { target } = this.#store;
    return target ? placeOf(target) : '';
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const open = this.#open.get(uri.toString());
    if (open?.fresh !== undefined) {
      const { fresh } = open;
      delete open.fresh;
      return fresh;
    }
    await this.#store.settled();
    const { queue } = this.#store;
    const { place } = parseOutputUri(uri);
    if (!queue || place !== this.#place) {
      this.#unread.set(uri.toString(), uri);
      return vscode.l10n.t('This is output of {0}. Connect to it to see it.', visible(place));
    }
    const found = open ?? (await this.#openAt(uri, queue));
    if (!found) return vscode.l10n.t('This task is not in the queue any more.');
    const text = await this.#textOf(found, queue);
    this.#follow();
    return text;
  }

  async #openAt(uri: vscode.Uri, queue: Queue): Promise<Open | undefined> {
    const { OutputReader } = await import('../../queue/outputReader');
    const { id, attempt } = parseOutputUri(uri);
    const line = this.#lines.get(id) ?? (await search(queue, id));
    if (line === undefined) return undefined;
    this.#lines.set(id, line);
    const open: Open = { uri, reader: new OutputReader(line, attempt, readTail) };
    this.#open.set(uri.toString(), open);
    return open;
  }

  async #textOf(open: Open, queue: Queue): Promise<string> {
    const before = open.shown;
    open.shown = await open.reader.read(queue);
    if (!sameAttempts(before, open.shown)) this.#read.fire();
    return this.#words(open.shown, open.uri, true);
  }

  async #words(shown: TaskOutput, uri: vscode.Uri, isLive: boolean): Promise<string> {
    const { outputText } = await import('./outputText');
    return outputText(shown, parseOutputUri(uri), { now: this.#store.now(), isLive });
  }

  #storeChanged(): void {
    this.#pace?.soon();
    if (!this.#store.queue) return;
    for (const [key, uri] of this.#unread) {
      if (parseOutputUri(uri).place !== this.#place) continue;
      this.#unread.delete(key);
      this.#changed.fire(uri);
    }
  }

  #forget(uri: vscode.Uri): void {
    this.#open.delete(uri.toString());
    this.#unread.delete(uri.toString());
  }

  /** Goes on reading while a document is visible that may change, and ends when there is none. */
  #follow(): void {
    const followed = this.#followed();
    if (followed.length === 0) {
      this.#pace?.stop();
      this.#pace = undefined;
      return;
    }
    const limits = limitsOf(followed);
    this.#pace ??= new Pace(() => this.#update(), limits);
    this.#pace.limit(limits);
  }

  async #update(): Promise<void> {
    // Redis may go away at any moment; the next time goes on.
    await Promise.allSettled(this.#followed().map(each => this.#updateOne(each)));
    this.#follow();
  }

  async #updateOne({ open, document }: Followed): Promise<void> {
    const { queue } = this.#store;
    const { shown } = open;
    const text = queue
      ? await this.#textOf(open, queue)
      : shown && (await this.#words(shown, open.uri, false));
    if (text === undefined || text === document.getText()) return;
    const key = open.uri.toString();
    const editors = vscode.window.visibleTextEditors.filter(
      editor => editor.document === document && isAtEnd(editor),
    );
    this.#atEnd.set(key, new Map(editors.map(editor => [editor, lastVisible(editor)])));
    open.fresh = text;
    this.#changed.fire(open.uri);
  }

  /** Visible documents of this window's queue whose text may change. */
  #followed(): Followed[] {
    const documents = new Set(vscode.window.visibleTextEditors.map(({ document }) => document));
    return [...documents].flatMap(document => {
      const open = this.#open.get(document.uri.toString());
      const isHere = parseOutputUri(document.uri).place === this.#place;
      return open && isHere && mayChange(open) ? [{ open, document }] : [];
    });
  }

  /** Who looks at the end goes on seeing the end; who scrolled up is left alone. */
  #keepAtEnd({ uri }: vscode.TextDocument): void {
    const editors = this.#atEnd.get(uri.toString()) ?? [];
    this.#atEnd.delete(uri.toString());
    // It may have been scrolled up since the document was about to change.
    for (const [editor, last] of editors) if (lastVisible(editor) >= last) scrollToEnd(editor);
  }
}

interface Followed {
  open: Open;
  document: vscode.TextDocument;
}

function limitsOf(followed: readonly Followed[]): PaceLimits {
  if (followed.some(({ open }) => mayPrint(open.shown))) return RUNNING;
  return followed.some(({ open }) => isUnanswered(open.shown)) ? UNANSWERED : WAITING;
}

/** A finished task is not run again, nor an attempt that ended; all of its output may still come. */
function mayChange({ shown, reader }: Open): boolean {
  if (!shown || shown.task.state === 'absent') return false;
  if (isUnanswered(shown)) return true;
  if (shown.found.kind === 'ended' && reader.attempt !== undefined) return false;
  return shown.task.state !== 'finished';
}

const mayPrint = (shown: TaskOutput | undefined) =>
  shown?.found.kind === 'running' || shown?.task.state === 'in_progress';

const isUnanswered = (shown: TaskOutput | undefined) =>
  shown?.found.kind === 'ended' && shown.found.output.isUnanswered === true;

/** Whether what can be done with the attempts is as before. */
const sameAttempts = (one: TaskOutput | undefined, other: TaskOutput) =>
  one?.found.kind === other.found.kind &&
  one.task.attempts.length === other.task.attempts.length &&
  one.task.startedAt === other.task.startedAt;

async function search(queue: Queue, id: string): Promise<string | undefined> {
  const { findTask } = await import('../../queue/details');
  return findTask(queue, id);
}

const lastVisible = ({ visibleRanges }: vscode.TextEditor) => visibleRanges.at(-1)?.end.line ?? 0;

// The last line is empty.
const isAtEnd = (editor: vscode.TextEditor) => lastVisible(editor) >= editor.document.lineCount - 2;

function scrollToEnd(editor: vscode.TextEditor): void {
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  editor.revealRange(new vscode.Range(end, end));
}
