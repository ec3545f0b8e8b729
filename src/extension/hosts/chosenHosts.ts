/** Which hosts a command is about: those it was called on, or those picked from the list. */
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import type { App } from '../app';
import { inform } from '../notices';
import { plain } from '../plainText';
import { hostDescription } from './hostItems';
import type { HostEntry } from './hostList';
import { chosenHostNodes } from './hostNodes';

interface HostChoice extends vscode.QuickPickItem {
  host: Host;
}

/** Empty when there is none, or the list was dismissed. What is selected in the view is picked already. */
export async function chosenHosts(
  app: App,
  node: unknown,
  nodes: unknown,
  title: string,
): Promise<Host[]> {
  const named = listedHostsOf(node, nodes);
  if (named.length > 0) return named;
  await app.hosts.list.loaded();
  const selected = new Set(entriesOf(app.hosts.selection).map(({ host }) => host.name));
  const choices = choicesOf(app).map(choice => ({
    ...choice,
    picked: selected.has(choice.host.name),
  }));
  if (choices.length === 0) return none();
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('Which hosts?'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return (picked ?? []).map(({ host }) => host);
}

/** Undefined when there is none, or the list was dismissed. */
export async function chosenHost(
  app: App,
  node: unknown,
  title: string,
): Promise<Host | undefined> {
  const [named] = entriesOf(chosenHostNodes(node, undefined));
  if (named) return named.host;
  await app.hosts.list.loaded();
  const choices = choicesOf(app);
  if (choices.length === 0) return none()[0];
  const placeHolder = vscode.l10n.t('Which host?');
  const picked = await vscode.window.showQuickPick(choices, { title, placeHolder });
  return picked?.host;
}

/** Those that a command was called on. */
export function listedHostsOf(node: unknown, nodes: unknown): Host[] {
  return entriesOf(chosenHostNodes(node, nodes)).map(({ host }) => host);
}

const entriesOf = (nodes: readonly ReturnType<typeof chosenHostNodes>[number][]): HostEntry[] =>
  nodes.flatMap(each => (each.kind === 'host' ? [each.entry] : []));

function choicesOf(app: App): HostChoice[] {
  return app.hosts.list.entries.map(({ host, standing }) => ({
    label: plain(host.name),
    description: plain(hostDescription(standing)),
    host,
  }));
}

function none(): Host[] {
  const launch = vscode.l10n.t('Launch Workers over SSH…');
  inform(vscode.l10n.t('No host is known here yet. Launch workers on some.'), {
    title: launch,
    run: () => vscode.commands.executeCommand('distcomp.launchWorkers'),
  });
  return [];
}
