/** Which hosts: those of the settings and of the SSH configuration, others by typing, or a host file. */
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { type HostFile, parseHostFile } from '../../cluster/ssh/hostFile';
import { parseHostLine } from '../../cluster/ssh/hostLine';
import type { Host } from '../../cluster/ssh/hosts';
import { hostNames } from '../../cluster/ssh/sshConfig';
import { fail } from '../notices';
import { sshConfigPath } from './hostSettings';

interface HostItem extends vscode.QuickPickItem {
  host: Host;
}

/** Undefined when nothing was chosen. */
export async function pickHosts(): Promise<Host[] | undefined> {
  const { t } = vscode.l10n;
  const { hosts, problems } = hostsOfSettings();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const known = [
    ...hosts.map(host => itemFor(host, t('settings'))),
    ...(await fromSshConfig(new Set(hosts.map(({ name }) => name)))),
  ];
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
  pick.selectedItems = known.filter(({ host }) => hosts.includes(host));
  pick.onDidChangeValue(value => offerTyped(pick, known, value));
  const chosen = await new Promise<Host[] | 'file' | undefined>(resolve => {
    pick.onDidAccept(() => resolve(pick.selectedItems.map(({ host }) => host)));
    pick.onDidTriggerButton(() => resolve('file'));
    pick.onDidHide(() => resolve(undefined));
    pick.show();
  });
  pick.dispose();
  return chosen === 'file' ? hostsOfFile() : chosen;
}

/** The hosts of the settings, which are lines of a host file; and what is wrong with some. */
function hostsOfSettings(): { hosts: Host[]; problems: string[] } {
  const settings = vscode.workspace.getConfiguration('distcomp');
  const { hosts, problems } = parseHostFile(settings.get<string[]>('ssh.hosts', []).join('\n'));
  return {
    hosts,
    problems: problems.map(({ line, message }) => `distcomp.ssh.hosts, line ${line}: ${message}`),
  };
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

async function hostsOfFile(): Promise<Host[] | undefined> {
  const { t } = vscode.l10n;
  const [uri] =
    (await vscode.window.showOpenDialog({
      title: t('Host File: a host a line'),
      openLabel: t('Take These Hosts'),
    })) ?? [];
  if (!uri) return undefined;
  const file: HostFile = parseHostFile(await readFile(uri.fsPath, 'utf8'));
  if (file.problems.length === 0) return file.hosts;
  const lines = file.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  fail(t('{0} is no host file.\n{1}', uri.fsPath, lines.join('\n')));
  return undefined;
}
