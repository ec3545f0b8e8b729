/** The remedies of problems, carried out: of one line, of all of a kind, of all there are. */
import * as vscode from 'vscode';
import { fixed, type ProblemKind } from '../../tasks/problem';
import { number } from '../../tasks/words';
import { FIX_ALL } from './names';
import type { FoundProblem, ParsedLines } from './parsedLines';
import type { TaskDocuments } from './taskDocuments';

/** Changes many lines: which ones is said when it is chosen, since it is offered at every move of the cursor. */
class FixMany extends vscode.CodeAction {
  constructor(
    title: string,
    kind: vscode.CodeActionKind,
    readonly document: vscode.TextDocument,
    /** Undefined: all kinds. */
    readonly problemKind?: ProblemKind,
  ) {
    super(title, kind);
  }
}

export class QuickFixes implements vscode.CodeActionProvider {
  constructor(private readonly documents: TaskDocuments) {}

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { only }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const lines = await this.documents.linesOf(document);
    if (!lines || lines.problems === 0) return [];
    if (only?.intersects(FIX_ALL)) {
      if (lines.fixable().length === 0) return [];
      return [new FixMany(vscode.l10n.t('Fix all problems of DistComp'), FIX_ALL, document)];
    }
    for (let line = range.start.line; line <= range.end.line; line++) {
      const problem = lines.problemAt(line);
      if (problem?.fix) return fixesOf(document, lines, { line, problem });
    }
    return [];
  }

  async resolveCodeAction(action: vscode.CodeAction): Promise<vscode.CodeAction> {
    if (!(action instanceof FixMany)) return action;
    const { document, problemKind } = action;
    const lines = await this.documents.linesOf(document);
    action.edit = editOf(document, lines?.fixable(problemKind) ?? []);
    return action;
  }
}

function fixesOf(
  document: vscode.TextDocument,
  lines: ParsedLines,
  found: FoundProblem,
): vscode.CodeAction[] {
  const { fix, kind } = found.problem;
  const { QuickFix } = vscode.CodeActionKind;
  const one = new vscode.CodeAction(fix?.remedy ?? '', QuickFix);
  one.edit = editOf(document, [found]);
  one.isPreferred = true;
  const same = lines.fixable(kind).length;
  if (same < 2) return [one];
  const title = vscode.l10n.t('Fix all {0} problems of this kind in the file', number(same));
  return [one, new FixMany(title, QuickFix, document, kind)];
}

/** The window takes seconds for thousands of edits, and a moment for one that replaces as many lines. */
const MOST_EDITS = 500;

function editOf(
  document: vscode.TextDocument,
  problems: readonly FoundProblem[],
): vscode.WorkspaceEdit {
  const edits = problems.length > MOST_EDITS ? asOne(document, problems) : problems.map(textEdit);
  const edit = new vscode.WorkspaceEdit();
  edit.set(
    document.uri,
    edits.flatMap(each => each ?? []),
  );
  return edit;
}

function textEdit({ line, problem: { fix } }: FoundProblem): vscode.TextEdit | undefined {
  if (!fix) return undefined;
  const range = new vscode.Range(line, fix.column - 1, line, fix.endColumn - 1);
  return vscode.TextEdit.replace(range, fix.text);
}

/** All lines from the first problem to the last one, with those remedied. */
function asOne(
  document: vscode.TextDocument,
  problems: readonly FoundProblem[],
): (vscode.TextEdit | undefined)[] {
  const [first, last] = [problems[0], problems.at(-1)];
  if (!first || !last) return [];
  const range = new vscode.Range(
    document.lineAt(first.line).range.start,
    document.lineAt(last.line).range.end,
  );
  const texts = document.getText(range).split(/\r\n|\r|\n/);
  for (const { line, problem } of problems) {
    const index = line - first.line;
    if (problem.fix) texts[index] = fixed(texts[index] ?? '', problem.fix);
  }
  const lineBreak = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  return [vscode.TextEdit.replace(range, texts.join(lineBreak))];
}
