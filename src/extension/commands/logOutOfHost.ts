import * as vscode from 'vscode';
import { plural } from '../../tasks/words';
import type { Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { sshOptions } from '../hosts/hostSettings';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** Ends the connections that Log In to Host left open. What goes through them ends with them, tunnels too. */
export const logOutOfHost: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const { t } = vscode.l10n;
  const hosts = await chosenHosts(app, node, nodes, t('Log Out of Hosts'));
  if (hosts.length === 0) return;
  const { endSharedConnection } = await import('../../cluster/ssh/sharedConnection');
  const ends = await Promise.all(hosts.map(host => endSharedConnection(host, sshOptions())));
  inform(t('{0} ended.', plural(ends.filter(Boolean).length, 'login')));
  await app.hosts.list.look(hosts.filter((_, i) => ends[i]));
};
