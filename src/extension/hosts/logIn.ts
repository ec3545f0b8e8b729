/** Logging in to hosts that ask a person: in a terminal, which leaves a connection that all of ours go through. */
import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { sshOptions } from './hostSettings';

/** One terminal after the other. Returns the hosts that are logged in to. */
export async function logIn(hosts: readonly Host[]): Promise<Host[]> {
  const open: Host[] = [];
  for (const host of hosts) {
    if (await logInTo(host)) open.push(host);
  }
  return open;
}

/** False when the login failed, or its terminal was closed. */
async function logInTo(host: Host): Promise<boolean> {
  const { loginArguments } = await import('../../cluster/ssh/sharedConnection');
  const terminal = vscode.window.createTerminal({
    name: vscode.l10n.t('Log in to {0}', host.name),
    iconPath: new vscode.ThemeIcon('key'),
    shellPath: 'ssh',
    shellArgs: await loginArguments(host, sshOptions()),
    isTransient: true,
  });
  terminal.show();
  const status = await new Promise<vscode.TerminalExitStatus | undefined>(resolve => {
    const closing = vscode.window.onDidCloseTerminal(closed => {
      if (closed !== terminal) return;
      closing.dispose();
      resolve(closed.exitStatus);
    });
  });
  // The program goes into the background when the login worked.
  return status?.code === 0;
}
