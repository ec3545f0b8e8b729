import { basename } from 'node:path';
import * as vscode from 'vscode';
import { type ConfFile, readConfFile } from '../../config/confFile';
import { cores } from '../../host/cores';
import { memory } from '../../host/memory';
import { plural, visible } from '../../tasks/words';
import type { Command } from '../app';
import { findConfFiles, readText } from '../connection/confFiles';
import { type Takeover, takeoverOf } from '../connection/takeover';
import { tryUntilAccepted } from '../connection/tryConnection';
import { command, fail, inform } from '../notices';
import { plain } from '../plainText';
import { isTrusted } from '../trust';

/**
 * Takes the connection, the queue and the settings of workers over from a `conf.json`, of the original
 * or ours, which stays as it is. Says first what it takes; keeps nothing when Redis cannot be used.
 */
export const importConf: Command = async (app, uri) => {
  if (!isTrusted()) return;
  const file = uri instanceof vscode.Uri ? uri : await askFile();
  if (!file) return;
  const name = basename(file.path);
  const read = readConfFile(await readText(file), name, {
    memoryGb: (await memory()).totalGb,
    cores: cores(),
  });
  const problems = 'problems' in read ? read.problems : [];
  app.problems.showRemarks(file, problems);
  if ('problems' in read) return refuse(file, name, problems.length);
  const items = await choose(name, read);
  if (!items) return;
  await takeOver(app, file, name, read, items);
};

async function askFile(): Promise<vscode.Uri | undefined> {
  const { t } = vscode.l10n;
  const found = await findConfFiles();
  if (found.length === 1) return found[0];
  if (found.length === 0) {
    const chosen = await vscode.window.showOpenDialog({
      title: t('The conf.json to import'),
      openLabel: t('Import'),
      filters: { JSON: ['json'] },
    });
    return chosen?.[0];
  }
  const items = found.map(uri => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  const chosen = await vscode.window.showQuickPick(items, { title: t('The conf.json to import') });
  return chosen?.uri;
}

function refuse(file: vscode.Uri, name: string, count: number): void {
  const { t } = vscode.l10n;
  fail(
    t('{0} was not imported: {1} found in it.', name, plural(count, 'problem')),
    command(t('Show Problems'), 'workbench.actions.view.problems'),
    command(t('Open {0}', name), 'vscode.open', file),
  );
}

interface Item extends vscode.QuickPickItem {
  what: 'connection' | 'queue' | Takeover['others'][number];
}

async function choose(name: string, { settings, unfit }: ConfFile): Promise<Item[] | undefined> {
  const { t } = vscode.l10n;
  const items = itemsOf(takeoverOf(settings), unfit);
  if (items.length === 0) {
    inform(t('{0} says nothing that VS Code has a setting for.', name));
    return undefined;
  }
  return vscode.window.showQuickPick(items, {
    title: t('Import {0}', name),
    placeHolder: t('What VS Code takes over'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
}

function itemsOf({ connection, queue, others }: Takeover, unfit: ConfFile['unfit']): Item[] {
  const { t } = vscode.l10n;
  const items: Item[] = [];
  if (connection) {
    const secret = connection.password ? t('its password goes to the secret storage') : '';
    const label = `$(plug) ${plain(connection.text)}`;
    items.push({ label, description: secret, picked: true, what: 'connection' });
  }
  if (queue !== undefined) {
    items.push({ label: `$(layers) ${t('Queue {0}', queue)}`, picked: true, what: 'queue' });
  }
  for (const what of others) {
    const fault = unfit.find(({ key }) => key === what.key);
    items.push({
      label: plain(visible(`distcomp.${what.setting}: ${what.value}`)),
      description: what.key,
      ...(fault ? { detail: `$(warning) ${withoutName(fault)}` } : {}),
      picked: !fault,
      what,
    });
  }
  return items;
}

/** Its name stands above it. */
const withoutName = ({ key, message }: ConfFile['unfit'][number]) =>
  message.slice(message.indexOf(key) + key.length + 1);

async function takeOver(
  app: Parameters<Command>[0],
  file: vscode.Uri,
  name: string,
  { settings, warnings }: ConfFile,
  items: readonly Item[],
): Promise<void> {
  const { t } = vscode.l10n;
  const has = (what: Item['what']) => items.some(item => item.what === what);
  const { connection, queue } = takeoverOf(settings);
  // What a project's file says counts for that project.
  const { Workspace, Global } = vscode.ConfigurationTarget;
  const target = vscode.workspace.getWorkspaceFolder(file) ? Workspace : Global;
  const wantedQueue = queue !== undefined && has('queue') ? { queue } : {};
  const write = (setting: string, value: unknown) =>
    vscode.workspace.getConfiguration('distcomp').update(setting, value, target);
  if (connection && has('connection')) {
    const passwords = await tryUntilAccepted(app, connection);
    if (passwords === undefined) return;
    await app.connections.useSettings(connection, passwords, { target, ...wantedQueue });
  } else if (wantedQueue.queue !== undefined) {
    await write('queue', wantedQueue.queue);
  }
  for (const { what } of items) {
    if (typeof what === 'object') await write(what.setting, what.value);
  }
  const said = [
    t('{0} taken over from {1}.', plural(items.length, 'setting'), name),
    t('Workers on other machines go on reading theirs.'),
    ...warnings.map(({ message }) => visible(message)),
  ];
  inform(
    said.join(' '),
    command(t('Show Settings'), 'workbench.action.openSettings', '@ext:distcomp.distcomp'),
  );
}
