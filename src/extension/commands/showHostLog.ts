import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenHost } from '../hosts/chosenHosts';
import { HostLog } from '../hosts/hostLog';
import { folderOf } from '../hosts/hostSettings';
import { isTrusted } from '../trust';

/** The logs of the workers of a host, followed for as long as their terminal is open. */
export const showHostLog: Command = async (app, node) => {
  if (!isTrusted()) return;
  const host = await chosenHost(app, node, vscode.l10n.t('Show Log of Host'));
  if (!host) return;
  const terminal = vscode.window.createTerminal({
    name: vscode.l10n.t('Log of {0}', host.name),
    iconPath: new vscode.ThemeIcon('output'),
    pty: new HostLog(host, folderOf(app.store.target)),
    isTransient: true,
  });
  terminal.show(true);
};
