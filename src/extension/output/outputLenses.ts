/** What stands above an output document: the other attempts, a comparison, and the files. */
import * as vscode from 'vscode';
import type { TaskOutput } from '../../queue/outputReader';
import type { OutputDocuments } from './outputDocuments';
import { OUTPUT_SCHEME, type OutputTarget, parseOutputUri } from './outputUri';

/** More of them are in the list of all attempts. */
const ATTEMPTS_SHOWN = 3;

const TOP = new vscode.Range(0, 0, 0, 0);

export class OutputLenses implements vscode.CodeLensProvider {
  readonly #outputs: OutputDocuments;
  readonly #registered: vscode.Disposable;

  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(outputs: OutputDocuments) {
    this.#outputs = outputs;
    this.onDidChangeCodeLenses = outputs.onDidRead;
    const selector = { scheme: OUTPUT_SCHEME };
    this.#registered = vscode.languages.registerCodeLensProvider(selector, this);
  }

  dispose(): void {
    this.#registered.dispose();
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const shown = this.#outputs.shown(uri);
    const { bare, attempt } = parseOutputUri(uri);
    if (!shown || bare || shown.found.kind === 'none') return [];
    return [...attemptLenses(shown, attempt), ...fileLenses(shown)];
  }
}

function attemptLenses(shown: TaskOutput, chosen: number | undefined): vscode.CodeLens[] {
  const { t } = vscode.l10n;
  const { line } = shown.task;
  const here = shownAttempt(shown);
  const others = attemptNumbers(shown).filter(number => number !== here);
  if (others.length === 0) return [];
  const lenses = others
    .slice(0, ATTEMPTS_SHOWN)
    .map(attempt => lens(t('Attempt {0}', attempt), 'distcomp.showOutput', { line, attempt }));
  if (others.length > ATTEMPTS_SHOWN) {
    lenses.push(lens(t('All {0} Attempts…', others.length + 1), 'distcomp.showAttempt', { line }));
  }
  // One that was chosen stays when there is a newer one.
  if (chosen !== undefined) lenses.push(lens(t('Newest'), 'distcomp.showOutput', { line }));
  lenses.push(lens(t('Compare…'), 'distcomp.compareAttempts', { line }));
  return lenses;
}

function fileLenses(shown: TaskOutput): vscode.CodeLens[] {
  const { t } = vscode.l10n;
  const attempt = shownAttempt(shown);
  const target = { line: shown.task.line, ...(attempt === undefined ? {} : { attempt }) };
  const open = 'distcomp.openOutputFile';
  return [
    lens(t('Open Standard Output'), open, { ...target, stream: 'out' }),
    lens(t('Open Standard Error'), open, { ...target, stream: 'err' }),
  ];
}

function lens(title: string, command: string, target: OutputTarget): vscode.CodeLens {
  return new vscode.CodeLens(TOP, { title, command, arguments: [target] });
}

/** The number of the attempt in a document. */
function shownAttempt({ found }: TaskOutput): number | undefined {
  if (found.kind === 'running') return found.attempt;
  return found.kind === 'ended' ? found.record?.number : undefined;
}

/** Newest first, the one that runs included. */
function attemptNumbers({ task, found }: TaskOutput): number[] {
  const ended = task.attempts.map(({ number }) => number);
  return found.kind === 'running' ? [found.attempt, ...ended] : ended;
}
