import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { logIn } from '../hosts/logIn';
import { isTrusted } from '../trust';

/** Opens connections to hosts that ask a person for a password or more; all of ours go through them then. */
export const logInToHost: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const hosts = await chosenHosts(app, node, nodes, vscode.l10n.t('Log In to Hosts'));
  const open = await logIn(hosts);
  await app.hosts.list.look(open);
};
