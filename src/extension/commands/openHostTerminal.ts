import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenHost } from '../hosts/chosenHosts';
import { sshOptions } from '../hosts/hostSettings';
import { isTrusted } from '../trust';

/** A shell on a host. */
export const openHostTerminal: Command = async (app, node) => {
  if (!isTrusted()) return;
  const host = await chosenHost(app, node, vscode.l10n.t('Open Terminal on Host'));
  if (!host) return;
  const { terminalArguments } = await import('../../cluster/ssh/terminal');
  const terminal = vscode.window.createTerminal({
    name: host.name,
    shellPath: 'ssh',
    shellArgs: await terminalArguments(host, sshOptions()),
    isTransient: true,
  });
  terminal.show();
};
