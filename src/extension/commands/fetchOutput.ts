import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { number, plural } from '../../tasks/words';
import type { App, Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { folderOf, sshOptions } from '../hosts/hostSettings';
import { noteFailure, tellOutcome } from '../hosts/outcome';
import { isTrusted } from '../trust';

/** Copies full output files of tasks from hosts to this machine. What is here already stays. */
export const fetchOutputFiles: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const hosts = await chosenHosts(app, node, nodes, vscode.l10n.t('Fetch Output Files'));
  if (hosts.length > 0) await fetchFrom(app, hosts);
};

/** Asks where to. `ids`: of these tasks alone; undefined: of all. */
export async function fetchFrom(
  app: App,
  hosts: readonly Host[],
  ids?: ReadonlySet<string>,
): Promise<void> {
  const { t } = vscode.l10n;
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: t('Where to? Each host gets a folder there'),
      openLabel: t('Fetch'),
      canSelectFiles: false,
      canSelectFolders: true,
      defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir()),
    })) ?? [];
  if (folder) await fetch(app, hosts, join(folder.fsPath, 'distcomp-output'), ids);
}

async function fetch(
  app: App,
  hosts: readonly Host[],
  folder: string,
  ids: ReadonlySet<string> | undefined,
): Promise<void> {
  const { t } = vscode.l10n;
  const { fetchOutput } = await import('../../cluster/ssh/fetch');
  const results = await app.hosts.during(hosts, 'fetching', tell =>
    fetchOutput({
      hosts,
      folder,
      ids,
      ssh: sshOptions(),
      queueFolder: folderOf(app.store.target),
      onResult: result => {
        noteFailure(app.log, result);
        tell(result.host, before =>
          result.failure ? { ...before, failure: result.failure } : before,
        );
      },
    }),
  );
  const sum = (what: 'fetched' | 'present') => results.reduce((all, each) => all + each[what], 0);
  const parts = [t('{0} fetched to {1}', plural(sum('fetched'), 'file'), folder)];
  if (sum('present') > 0) parts.push(t('{0} here already', number(sum('present'))));
  const isThere = sum('fetched') + sum('present') > 0;
  tellOutcome({
    results,
    done: parts.join(' · '),
    remedies: isThere ? [{ title: t('Open File…'), run: () => openOneOf(folder) }] : [],
    again: again => fetch(app, again, folder, ids),
  });
}

async function openOneOf(folder: string): Promise<void> {
  const defaultUri = vscode.Uri.file(folder);
  const [file] = (await vscode.window.showOpenDialog({ defaultUri })) ?? [];
  if (file) await vscode.commands.executeCommand('vscode.open', file);
}
