/** The `conf.json` files of the workspace that are meant for DistComp. */
import * as vscode from 'vscode';
import type { Store } from '../store/store';

/** Of the folders of the workspace and those right under them. */
const PATTERN = '{conf.json,*/conf.json}';
const MOST = 20;

export async function findConfFiles(): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles(PATTERN, '**/node_modules/**', MOST);
  if (found.length === 0) return [];
  const { isConfOfOurs } = await import('../../config/sources');
  const texts = await Promise.all(found.map(uri => readText(uri).catch(() => '')));
  return found.filter((_, index) => isConfOfOurs(texts[index] ?? ''));
}

export async function readText(uri: vscode.Uri): Promise<string> {
  return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
}

/** Keeps `distcomp.hasConf` while there is no connection: the empty view offers to import one. */
export function followConfFiles(store: Store): vscode.Disposable {
  let state = '';
  const look = () => {
    if (store.link.state === state) return;
    state = store.link.state;
    if (state === 'unconfigured') void set();
  };
  const set = async () => {
    const found = await findConfFiles();
    await vscode.commands.executeCommand('setContext', 'distcomp.hasConf', found.length > 0);
  };
  look();
  const watcher = vscode.workspace.createFileSystemWatcher('**/conf.json', false, true, false);
  const again = () => {
    if (store.link.state === 'unconfigured') void set();
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidDelete(again),
    store.onDidChange(look),
  );
}
