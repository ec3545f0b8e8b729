/** What a field means, and of a command where its task is in the connected queue. */
import * as vscode from 'vscode';
import { type FieldName, namedFields } from '../../tasks/fields';
import { readTextLine } from '../../tasks/file';
import { type Task, taskId } from '../../tasks/task';
import { plural, visible } from '../../tasks/words';
import type { Store } from '../store/store';
import { LINKED_COMMANDS, taskLinks } from '../tree/links';
import { stateTitle } from '../tree/stateItems';

export async function hover(
  store: Store,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Hover | undefined> {
  const { text } = document.lineAt(position.line);
  const parsed = readTextLine(text);
  if (!parsed) return undefined;
  const field = namedFields(text).findLast(({ column }) => column - 1 <= position.character);
  if (!field) return undefined;
  const start = field.column - 1;
  const range = new vscode.Range(position.line, start, position.line, start + field.text.length);
  const about = new vscode.MarkdownString();
  about.appendText(explained(field.name));
  const contents = [about];
  if (field.name === 'command' && 'task' in parsed) contents.push(await ofTask(store, parsed.task));
  return new vscode.Hover(contents, range);
}

function explained(name: FieldName): string {
  const { t } = vscode.l10n;
  switch (name) {
    case 'type':
      return t(
        'Type: shell is run by /bin/sh -c, python by python3 -c; demo is printed, and nothing runs.',
      );
    case 'priority':
      return t('Priority: a task of a higher one starts first. A whole number from 0.');
    case 'memory':
      return t(
        'Memory that the task needs, in whole GB. It starts where they are free; 0 asks for none.',
      );
    case 'min_cpu':
      return t('Cores that the task needs (min_cpu). 0 reserves nothing.');
    case 'timeout':
      return t('Timeout in seconds: after it the attempt is ended as failed. 0: never.');
    case 'command':
      return t('Command: all the rest of the line, colons too.');
  }
}

/** Its id, and where it is. Text of others (a worker's name) is never taken for Markdown. */
async function ofTask(store: Store, { line }: Task): Promise<vscode.MarkdownString> {
  const { t } = vscode.l10n;
  const shown = new vscode.MarkdownString();
  shown.isTrusted = { enabledCommands: LINKED_COMMANDS };
  shown.appendText(t('Task {0}', taskId(line)));
  const { queue } = store;
  const found = queue && (await detailsOf(queue, line));
  if (!queue || !found) return shown;
  if (found.state === 'absent') {
    shown.appendText(` · ${t('not in queue "{0}"', queue.name)}`);
    return shown;
  }
  shown.appendText(` · ${t('{0} in queue "{1}"', stateTitle(found.state), queue.name)}`);
  if (found.worker) shown.appendText(` · ${visible(found.worker)}`);
  const attempts = found.attempts.length;
  if (attempts > 0) shown.appendText(` · ${plural(attempts, t('attempt'), t('attempts'))}`);
  const links = taskLinks(queue.name, found, vscode.workspace.isTrusted);
  if (links !== '') shown.appendMarkdown(`\n\n${links}`);
  return shown;
}

/** Undefined when Redis does not answer: a hover is no place to say so. */
async function detailsOf(queue: NonNullable<Store['queue']>, line: string) {
  const { details } = await import('../../queue/details');
  return details(queue, line).catch(() => undefined);
}
