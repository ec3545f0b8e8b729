import * as vscode from 'vscode';

/**
 * Whether this window may change or start anything. If not, says so and offers to change it: the
 * `enablement` in package.json keeps commands out of menus, and not from being called.
 */
export async function isTrusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Trust');
  const message = vscode.l10n.t(
    'This workspace is not trusted: DistComp shows the queue and changes nothing.',
  );
  const answer = await vscode.window.showWarningMessage(message, manage);
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return false;
}
