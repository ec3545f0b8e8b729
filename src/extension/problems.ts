/** Lines that were not understood, in the Problems view. */
import * as vscode from 'vscode';
import type { Problem } from '../tasks/task';
import { number } from '../tasks/words';

/** The window shows 1,000 a file and drops the rest silently. */
const MOST = 999;

export interface LineProblem {
  lineNumber: number;
  problem: Problem;
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

export class Problems {
  readonly #collection = vscode.languages.createDiagnosticCollection('distcomp');

  dispose(): void {
    this.#collection.dispose();
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
    this.#collection.set(uri, diagnostics);
  }
}

/** An empty range: the editor underlines the word there. */
function diagnostic({ lineNumber, problem }: LineProblem): vscode.Diagnostic {
  const place = new vscode.Position(lineNumber - 1, problem.column - 1);
  const found = new vscode.Diagnostic(new vscode.Range(place, place), problem.message);
  found.source = 'DistComp';
  return found;
}
