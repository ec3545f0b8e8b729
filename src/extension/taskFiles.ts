/** Which files a submission is about, and what is in them. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as vscode from 'vscode';

const LANGUAGE = 'distcomp-tasks';

/**
 * The files that the command was called on; else the active file, if it may be a task file; else
 * those that a person chooses.
 */
export async function chosenFiles(uri: unknown, uris: unknown): Promise<vscode.Uri[]> {
  const several = Array.isArray(uris) ? uris.filter(isUri) : [];
  if (several.length > 0) return several;
  if (isUri(uri)) return [uri];
  const active = activeFile();
  return active ? [active] : await askFiles();
}

const isUri = (value: unknown): value is vscode.Uri => value instanceof vscode.Uri;

/** By the tab: there is no text editor for a file over 50 MB. */
function activeFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (!(input instanceof vscode.TabInputText)) return undefined;
  const language = openDocument(input.uri)?.languageId ?? LANGUAGE;
  return language === LANGUAGE || language === 'plaintext' ? input.uri : undefined;
}

async function askFiles(): Promise<vscode.Uri[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Task files to submit'),
    openLabel: vscode.l10n.t('Submit'),
    canSelectMany: true,
    ...(folder ? { defaultUri: folder } : {}),
  });
  return chosen ?? [];
}

const openDocument = (uri: vscode.Uri) =>
  vscode.workspace.textDocuments.find(document => document.uri.toString() === uri.toString());

/**
 * Its name, size in bytes, and content as a stream from disk, after saving what was typed. Only what
 * is no file on disk (untitled, a file system of another extension) is read from its document.
 */
export async function openTaskFile(uri: vscode.Uri): Promise<{
  name: string;
  bytes: number;
  content: AsyncIterable<Uint8Array | string>;
}> {
  const name = basename(uri.path);
  const document = openDocument(uri);
  if (uri.scheme !== 'file') {
    const text = (document ?? (await vscode.workspace.openTextDocument(uri))).getText();
    return { name, bytes: text.length, content: once(text) };
  }
  if (document?.isDirty && !(await document.save())) {
    throw new Error(vscode.l10n.t('{0} could not be saved, so it was not submitted.', name));
  }
  const { size } = await stat(uri.fsPath);
  return { name, bytes: size, content: createReadStream(uri.fsPath) };
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
