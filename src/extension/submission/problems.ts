/** Lines that were not understood, in the Problems view. */
import * as vscode from 'vscode';
import type { Remark } from '../../config/confFile';
import type { Problem } from '../../tasks/task';
import { number } from '../../tasks/words';

/** The window shows 1,000 a file and drops the rest silently. */
const MOST = 999;

export interface LineProblem {
  lineNumber: number;
  /** Of a task line with its kind. */
  problem: Pick<Problem, 'column' | 'message'> & Partial<Problem>;
}

/** The problems of one file; of a file full of them, the first ones and how many there are. */
export class FileProblems {
  readonly first: LineProblem[] = [];
  count = 0;

  add(found: LineProblem): void {
    this.count++;
    if (this.first.length < MOST) this.first.push(found);
  }
}

/**
 * Of an open task file the editor knows the problems by itself and follows each edit; of others, what
 * their last submission, preview or audit found is shown.
 */
export class Problems {
  readonly #files = vscode.languages.createDiagnosticCollection('distcomp');
  readonly #documents = vscode.languages.createDiagnosticCollection('distcomp-documents');
  readonly #open = new Set<string>();

  dispose(): void {
    this.#files.dispose();
    this.#documents.dispose();
  }

  /** In place of what was said about this file before. */
  show(uri: vscode.Uri, problems: FileProblems): void {
    const diagnostics = problems.first.map(diagnostic);
    const last = problems.first.at(-1);
    const more = problems.count - problems.first.length;
    if (last && more > 0) {
      const message = vscode.l10n.t('… and {0} more', number(more));
      diagnostics.push(diagnostic({ ...last, problem: { ...last.problem, message } }));
    }
    this.#files.set(uri, diagnostics);
    if (this.#open.has(uri.toString())) this.#keepUnseen(uri);
  }

  /** What is wrong with a file that holds no tasks. */
  showRemarks(uri: vscode.Uri, remarks: readonly Remark[]): void {
    const diagnostics = remarks.map(({ line, column, message }) => {
      const place = new vscode.Position(line - 1, column - 1);
      const found = new vscode.Diagnostic(new vscode.Range(place, place), message);
      found.source = 'DistComp';
      return found;
    });
    this.#files.set(uri, diagnostics);
  }

  /** What is wrong in a document as it stands in the editor. */
  setDocument(uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]): void {
    this.#open.add(uri.toString());
    this.#keepUnseen(uri);
    this.#documents.set(uri, diagnostics);
  }

  closeDocument(uri: vscode.Uri): void {
    this.#open.delete(uri.toString());
    this.#documents.delete(uri);
    this.#files.delete(uri);
  }

  /** It has been written anew. */
  forgetFile(uri: vscode.Uri): void {
    this.#files.delete(uri);
  }

  /** An editor cannot see which bytes were no UTF-8: that only reading the file tells. */
  #keepUnseen(uri: vscode.Uri): void {
    const known = this.#files.get(uri) ?? [];
    const unseen = known.filter(({ code }) => code === 'encoding');
    if (unseen.length < known.length) this.#files.set(uri, unseen);
  }
}

/** An empty range: the editor underlines the word there. */
function diagnostic({ lineNumber, problem }: LineProblem): vscode.Diagnostic {
  const place = new vscode.Position(lineNumber - 1, problem.column - 1);
  const found = new vscode.Diagnostic(new vscode.Range(place, place), problem.message);
  found.source = 'DistComp';
  if (problem.kind) found.code = problem.kind;
  return found;
}
