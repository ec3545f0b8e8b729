import * as vscode from 'vscode';
import { readTaskFile, type TaskFileEntry } from '../../tasks/file';
import type { Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { LANGUAGE } from '../language/names';
import { touchedLines } from '../language/touchedLines';
import { submitOne, tellSubmitted } from '../submission/submission';
import { once } from '../submission/taskFiles';
import { isTrusted } from '../trust';
import { submitTasks } from './submitTasks';

/** Adds the tasks of the lines that are selected, as they stand in the editor; without an editor, asks for files. */
export const submitSelection: Command = async app => {
  if (!isTrusted()) return;
  const editor = vscode.window.activeTextEditor;
  const language = editor?.document.languageId;
  if (!editor || (language !== LANGUAGE && language !== 'plaintext')) return submitTasks(app);
  const { document, selections } = editor;
  const lines = touchedLines(selections);
  const queue = await connectedQueue(app);
  if (!queue) return;
  const texts = lines.map(line => document.lineAt(line).text);
  const name = vscode.l10n.t('selected lines');
  const content = once(`${texts.join('\n')}\n`);
  const file = { uri: document.uri, name, bytes: 0, content };
  const { result } = await submitOne(app, queue, file, entriesOf(content, lines));
  app.store.refresh();
  tellSubmitted(app, result);
};

/** With the numbers that the lines have in their file. */
async function* entriesOf(
  content: AsyncIterable<string>,
  lines: readonly number[],
): AsyncGenerator<TaskFileEntry> {
  for await (const entry of readTaskFile(content)) {
    yield { ...entry, lineNumber: (lines[entry.lineNumber - 1] ?? 0) + 1 };
  }
}
