/**
 * What can be done where Redis cannot be used: rows under the reason, since VS Code shows no welcome view below
 * the message of a view.
 */
import { l10n, ThemeIcon, TreeItem } from 'vscode';
import type { RemedyNode } from './nodes';

/** The nearest first. `mayChange`: whether this window may start anything. */
export function remediesFor(error: Error, mayChange: boolean): RemedyNode[] {
  const isPassword = 'kind' in error && error.kind === 'refused_password';
  const remedies: RemedyNode['remedy'][] = [
    ...(isPassword ? (['password'] as const) : []),
    'connect',
    ...(mayChange && !isPassword ? (['startLocal'] as const) : []),
    'showLog',
  ];
  return remedies.map(remedy => ({ kind: 'remedy', remedy }));
}

export function remedyItem({ remedy }: RemedyNode): TreeItem {
  const [title, icon, command, ...args] = looks(remedy);
  const item = new TreeItem(title);
  item.iconPath = new ThemeIcon(icon);
  item.command = { command, title, arguments: args };
  item.accessibilityInformation = { label: title, role: 'button' };
  return item;
}

function looks(
  remedy: RemedyNode['remedy'],
): [title: string, icon: string, command: string, ...args: object[]] {
  switch (remedy) {
    case 'password':
      return [l10n.t('Enter Password…'), 'key', 'distcomp.connect', { again: true }];
    case 'connect':
      return [l10n.t('Connect to Redis…'), 'plug', 'distcomp.connect'];
    case 'startLocal':
      return [l10n.t('Start Local Cluster'), 'play', 'distcomp.startLocalCluster'];
    case 'showLog':
      return [l10n.t('Show Log'), 'output', 'distcomp.showLog'];
  }
}
