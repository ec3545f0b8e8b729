import * as vscode from 'vscode';
import { command, warn } from './notices';

/**
 * Whether this window may change or start anything. If not, says so and offers to change it: the
 * `enablement` in package.json keeps commands out of menus, and not from being called.
 */
export function isTrusted(): boolean {
  if (vscode.workspace.isTrusted) return true;
  warn(
    vscode.l10n.t('This workspace is not trusted: DistComp shows the queue and changes nothing.'),
    command(vscode.l10n.t('Manage Trust'), 'workbench.trust.manage'),
  );
  return false;
}
