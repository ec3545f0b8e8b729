/** The line above a task file: how many tasks it has, and what can be done with them. */
import * as vscode from 'vscode';
import { plural } from '../../tasks/words';
import type { TaskDocuments } from './taskDocuments';

const TOP = new vscode.Range(0, 0, 0, 0);

export async function codeLenses(
  documents: TaskDocuments,
  document: vscode.TextDocument,
): Promise<vscode.CodeLens[]> {
  const lines = await documents.linesOf(document);
  if (!lines) return [];
  const { tasks, problems } = lines;
  const { t } = vscode.l10n;
  const wrong = problems > 0 ? plural(problems, t('problem'), t('problems')) : '';
  if (tasks === 0) {
    if (!wrong) return [];
    return [lens(wrong, 'workbench.actions.view.problems')];
  }
  const counted = plural(tasks, t('task'), t('tasks'));
  const parts = wrong ? ` · ${wrong}` : '';
  const preview = lens(t('Preview'), 'distcomp.previewSubmission', document.uri);
  // What cannot be done in this window is not offered.
  if (!vscode.workspace.isTrusted) {
    return [lens(counted + parts, 'workbench.actions.view.problems'), preview];
  }
  const submit = lens(t('Submit {0}', counted) + parts, 'distcomp.submitTasks', document.uri);
  return [submit, preview];
}

const lens = (title: string, command: string, ...args: unknown[]) =>
  new vscode.CodeLens(TOP, { title, command, arguments: args });
