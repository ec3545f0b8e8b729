/** Which files a submission is about, and what is in them. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { LANGUAGE } from '../language/names';

/**
 * The files that the command was called on; else the active file, if it may be a task file; else
 * those that a person chooses.
 */
export async function chosenFiles(
  uri: unknown,
  uris: unknown,
  asks: { title: string; openLabel: string },
): Promise<vscode.Uri[]> {
  const several = Array.isArray(uris) ? uris.filter(isUri) : [];
  if (several.length > 0) return several;
  if (isUri(uri)) return [uri];
  const active = activeFile();
  return active ? [active] : await askFiles(asks);
}

const isUri = (value: unknown): value is vscode.Uri => value instanceof vscode.Uri;

/**
 * Of the active editor, which is known before its tab is; by the tab where there is none, as for a file
 * over 50 MB.
 */
function activeFile(): vscode.Uri | undefined {
  const { activeTextEditor, tabGroups } = vscode.window;
  if (activeTextEditor && mayHoldTasks(activeTextEditor.document.languageId)) {
    return activeTextEditor.document.uri;
  }
  const input = tabGroups.activeTabGroup.activeTab?.input;
  if (!(input instanceof vscode.TabInputText)) return undefined;
  return mayHoldTasks(openDocument(input.uri)?.languageId ?? LANGUAGE) ? input.uri : undefined;
}

const mayHoldTasks = (language: string) => language === LANGUAGE || language === 'plaintext';

async function askFiles(asks: { title: string; openLabel: string }): Promise<vscode.Uri[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    ...asks,
    canSelectMany: true,
    ...(folder ? { defaultUri: folder } : {}),
  });
  return chosen ?? [];
}

const openDocument = (uri: vscode.Uri) =>
  vscode.workspace.textDocuments.find(document => document.uri.toString() === uri.toString());

export interface TaskFile {
  uri: vscode.Uri;
  name: string;
  /** How long reading it may take. */
  bytes: number;
  content: AsyncIterable<Uint8Array | string>;
}

/** As it is on disk, after saving what was typed: what is submitted can be found again. */
export async function openSavedTaskFile(uri: vscode.Uri): Promise<TaskFile> {
  const document = openDocument(uri);
  if (uri.scheme === 'file' && document?.isDirty && !(await document.save())) {
    const name = basename(uri.path);
    throw new Error(vscode.l10n.t('{0} could not be saved, so it was not submitted.', name));
  }
  return openTaskFile(uri);
}

/**
 * As it stands in the editor, for who only looks. A stream from disk, unless something was typed or it is
 * no file on disk (untitled, a file system of another extension).
 */
export async function openTaskFile(uri: vscode.Uri): Promise<TaskFile> {
  const name = basename(uri.path);
  const document = openDocument(uri);
  if (uri.scheme !== 'file' || document?.isDirty) {
    const text = (document ?? (await vscode.workspace.openTextDocument(uri))).getText();
    return { uri, name, bytes: text.length, content: once(text) };
  }
  const { size } = await stat(uri.fsPath);
  return { uri, name, bytes: size, content: createReadStream(uri.fsPath) };
}

/** A text as a stream. */
export async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
