/** Which hosts: those of the settings and of the SSH configuration, others by typing, or a host file. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { type HostFile, parseHostFile } from '../../cluster/ssh/hostFile';
import { parseHostLine } from '../../cluster/ssh/hostLine';
import type { Host } from '../../cluster/ssh/hosts';
import { hostNames } from '../../cluster/ssh/sshConfig';
import { plural } from '../../tasks/words';
import { fail } from '../notices';
import { sshConfigPath } from './hostSettings';
import type { HostSource, ListedHost } from './hostSources';

interface HostItem extends vscode.QuickPickItem {
  host: Host;
}

/** What was chosen, and what of it the window did not know before. */
export interface Picked {
  hosts: Host[];
  names: string[];
  files: string[];
}

/** `listed`: the hosts of the Hosts view. Undefined when nothing was chosen. */
export async function pickHosts(listed: readonly ListedHost[]): Promise<Picked | undefined> {
  const { t } = vscode.l10n;
  const known = [
    ...listed.map(({ host, source }) => itemFor(host, sourceWords(source))),
    ...(await fromSshConfig(new Set(listed.map(({ host }) => host.name)))),
  ];
  const ofSettings = new Set(
    listed.flatMap(({ host, source }) => (source.is === 'setting' ? [host] : [])),
  );
  const pick = vscode.window.createQuickPick<HostItem>();
  const fromFile: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('folder-opened'),
    tooltip: t('Take the Hosts of a File…'),
  };
  pick.title = t('Launch Workers over SSH');
  pick.placeholder = t('Choose hosts, or type one: [user@]host[:port]');
  pick.canSelectMany = true;
  pick.ignoreFocusOut = true;
  pick.buttons = [fromFile];
  pick.items = known;
  pick.selectedItems = known.filter(({ host }) => ofSettings.has(host));
  pick.onDidChangeValue(value => offerTyped(pick, known, value));
  const chosen = await new Promise<Host[] | 'file' | undefined>(resolve => {
    pick.onDidAccept(() => resolve(pick.selectedItems.map(({ host }) => host)));
    pick.onDidTriggerButton(() => resolve('file'));
    pick.onDidHide(() => resolve(undefined));
    pick.show();
  });
  pick.dispose();
  if (chosen === 'file') return hostsOfFile();
  if (!chosen || chosen.length === 0) return undefined;
  const before = new Set(listed.map(({ host }) => host.name));
  const names = chosen.map(({ name }) => name).filter(name => !before.has(name));
  return { hosts: chosen, names, files: [] };
}

function sourceWords(source: HostSource): string {
  if (source.is === 'file') return basename(source.path);
  return source.is === 'setting' ? vscode.l10n.t('settings') : '';
}

const itemFor = (host: Host, description: string): HostItem => ({
  label: host.name,
  description,
  host,
});

async function fromSshConfig(known: ReadonlySet<string>): Promise<HostItem[]> {
  const names = await hostNames(sshConfigPath());
  return names.flatMap(name => {
    const host = parseHostLine(name);
    if ('problem' in host || known.has(name)) return [];
    return [itemFor(host, vscode.l10n.t('SSH configuration'))];
  });
}

/** What is typed is offered as a host of its own, and stays once it is chosen. */
function offerTyped(pick: vscode.QuickPick<HostItem>, known: HostItem[], value: string): void {
  const typed = parseHostLine(value.trim());
  const selected = pick.selectedItems;
  const kept = [...known, ...selected.filter(item => !known.includes(item))];
  const isNew = !('problem' in typed) && !kept.some(({ label }) => label === typed.name);
  pick.items = isNew ? [itemFor(typed, vscode.l10n.t('this host')), ...kept] : kept;
  pick.selectedItems = selected;
}

async function hostsOfFile(): Promise<Picked | undefined> {
  const { t } = vscode.l10n;
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: t('Host File: a host a line'),
      openLabel: t('Take These Hosts'),
    })) ?? [];
  if (!uri) return undefined;
  const file: HostFile = parseHostFile(await readFile(uri.fsPath, 'utf8'));
  if (file.problems.length > 0) {
    const lines = file.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
    fail(t('{0} is no host file.\n{1}', uri.fsPath, lines.join('\n')));
    return undefined;
  }
  const hosts = await ofOneGroup(file, basename(uri.fsPath));
  return hosts && { hosts, names: [], files: [uri.fsPath] };
}

/** Asks only where there are groups. */
async function ofOneGroup({ hosts, groups }: HostFile, name: string): Promise<Host[] | undefined> {
  if (groups.size === 0) return hosts;
  const { t } = vscode.l10n;
  const choices = [
    { label: t('All hosts'), description: plural(hosts.length, 'host'), hosts },
    ...[...groups].map(([group, names]) => ({
      label: `[${group}]`,
      description: plural(names.size, 'host'),
      hosts: hosts.filter(host => names.has(host.name)),
    })),
  ];
  const placeHolder = t('Which hosts?');
  const picked = await vscode.window.showQuickPick(choices, { title: name, placeHolder });
  return picked?.hosts;
}
