/** What workers on this machine are started with, whichever Redis they take their tasks from. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { KeeperProgram } from '../../cluster/local/cluster';
import { workerSettings } from './workerSettings';

const settings = () => vscode.workspace.getConfiguration('distcomp');

/** Where tasks run: the first folder of the workspace. */
export function workingDirectory(): string {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.find(folder => folder.uri.scheme === 'file')?.uri.fsPath ?? homedir();
}

/** A program that is Node. A desktop VS Code is Electron, which is Node only when it is told so. */
async function nodeProgram(folder: string): Promise<string> {
  if (!process.versions.electron) return process.execPath;
  const script = join(folder, 'node');
  const electron = `'${process.execPath.replaceAll("'", "'\\''")}'`;
  await mkdir(folder, { recursive: true });
  await writeFile(script, `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${electron} "$@"\n`);
  await chmod(script, 0o700);
  return script;
}

export async function keeperProgram(extension: vscode.Uri, folder: string): Promise<KeeperProgram> {
  const keeperBundle = vscode.Uri.joinPath(extension, 'dist', 'keeper.js').fsPath;
  return { node: await nodeProgram(folder), keeperBundle };
}

/** A folder in what the extension stores: the same for the same key. */
export function storageFolder(storage: vscode.Uri, kind: string, key: string): string {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return vscode.Uri.joinPath(storage, kind, name).fsPath;
}

/** Of each of so many workers: where its output goes, how many tasks it runs, and all of `distcomp.workers`. */
export function localSettings(folder: string, workers: number): Record<string, unknown> {
  const lanes = settings().get<number>('local.lanes', 0);
  const results = settings().get<string>('local.resultFolder', '').trim();
  return {
    ...workerSettings(name => settings().get(name)),
    result_dir: results ? resolve(workingDirectory(), results) : join(folder, 'results'),
    max_task_per_worker: lanes > 0 ? lanes : Math.ceil(availableParallelism() / workers),
  };
}
