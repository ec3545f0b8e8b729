/** How each node of the Hosts view looks. Names stay put; what changes stands in the descriptions. */
import { basename } from 'node:path';
import { l10n, ThemeColor, ThemeIcon, TreeItem } from 'vscode';
import { failureWords } from '../../cluster/ssh/results';
import { plural, visible } from '../../tasks/words';
import type { HostEntry } from './hostList';
import { type HostNode, type HostsNode, hostsNodeId, type ProblemNode } from './hostNodes';
import type { HostSource } from './hostSources';
import type { Doing, HostStanding, KnownWorker } from './hostStanding';

export function itemOf(node: HostsNode): TreeItem {
  const item = node.kind === 'host' ? hostItem(node) : problemItem(node);
  item.id = hostsNodeId(node);
  return item;
}

function hostItem({ entry }: HostNode): TreeItem {
  const item = new TreeItem(entry.host.name);
  item.description = hostDescription(entry.standing);
  item.iconPath = iconOf(entry.standing);
  item.contextValue = contextOf(entry);
  item.tooltip = tooltipOf(entry);
  item.accessibilityInformation = {
    label: l10n.t('Host {0}: {1}', entry.host.name, item.description),
  };
  return item;
}

function problemItem({ problem: { source, message } }: ProblemNode): TreeItem {
  const item = new TreeItem(source.is === 'file' ? basename(source.path) : 'distcomp.ssh.hosts');
  item.description = message;
  item.tooltip = message;
  item.iconPath = icon('warning', 'charts.yellow');
  item.contextValue = source.is === 'file' ? 'hostProblem forgettable' : 'hostProblem';
  return item;
}

/** Words of the host are in it: for a description, which takes them as plain text. */
export function hostDescription({ doing, workers, failure }: HostStanding): string {
  if (doing !== undefined) return doingWords(doing);
  if (failure?.unknownKey) return l10n.t('key not accepted yet');
  if (failure?.login) return l10n.t('wants you to log in');
  if (failure) {
    const running = workers?.length ? `${plural(workers.length, 'worker')} · ` : '';
    return running + l10n.t('failed: {0}', visible(failure.message));
  }
  if (!workers) return l10n.t('not asked yet');
  if (workers.length === 0) return l10n.t('no worker');
  const others = workers.filter(({ isThisVersion }) => !isThisVersion).length;
  if (others === 0) return plural(workers.length, 'worker');
  return l10n.t('{0}, {1} of another version', plural(workers.length, 'worker'), String(others));
}

function doingWords(doing: Doing): string {
  switch (doing) {
    case 'asking':
      return l10n.t('asking…');
    case 'launching':
      return l10n.t('launching…');
    case 'restarting':
      return l10n.t('restarting…');
    case 'stopping':
      return l10n.t('stopping…');
    case 'fetching':
      return l10n.t('fetching files…');
    case 'removing':
      return l10n.t('cleaning…');
  }
}

function iconOf({ doing, workers, failure }: HostStanding): ThemeIcon {
  if (doing !== undefined) return new ThemeIcon('loading~spin');
  if (failure?.login) return icon('key', 'charts.yellow');
  if (failure) return icon('error', 'testing.iconFailed');
  return workers?.length ? icon('vm-running', 'charts.green') : new ThemeIcon('vm-outline');
}

/** Words that menus ask for: what it is, and what can be done about it. */
function contextOf({ source, standing: { doing, workers, failure } }: HostEntry): string {
  const words: string[] = ['host'];
  if (doing !== undefined) words.push('busy');
  else if (failure) words.push('failed');
  else words.push(workers?.length ? 'running' : 'idle');
  if (doing === undefined && failure?.login) words.push('login');
  if (source.is !== 'setting') words.push('forgettable');
  return words.join(' ');
}

function tooltipOf({ host, source, standing }: HostEntry): string {
  const lines = [
    host.name,
    ...(standing.workers ?? []).map(workerWords),
    standing.failure ? visible(failureWords(standing.failure)) : '',
    remedyWords(standing),
    sourceWords(source),
  ];
  return lines.filter(Boolean).join('\n');
}

/** The command that helps, by the name that it has in the menu. */
function remedyWords({ failure }: HostStanding): string {
  if (failure?.unknownKey) {
    return l10n.t('Log In to Host… shows it in a terminal, and asks whether to accept it.');
  }
  return failure?.login ? l10n.t('Log In to Host… asks you in a terminal.') : '';
}

function workerWords({ slot, name, isThisVersion }: KnownWorker): string {
  const known = name === undefined ? l10n.t('worker {0}', String(slot)) : visible(name);
  return isThisVersion ? known : l10n.t('{0}, another version', known);
}

function sourceWords(source: HostSource): string {
  switch (source.is) {
    case 'setting':
      return l10n.t('of the setting distcomp.ssh.hosts');
    case 'file':
      return l10n.t('of {0}', source.path);
    case 'name':
      return '';
  }
}

const icon = (name: string, color: string) => new ThemeIcon(name, new ThemeColor(color));
