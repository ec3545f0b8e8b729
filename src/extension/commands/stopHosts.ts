import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { plural } from '../../tasks/words';
import { confirmed } from '../actions/confirm';
import type { App, Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { folderOf, sshOptions } from '../hosts/hostSettings';
import { afterStop } from '../hosts/hostStanding';
import { noteFailure, tellOutcome } from '../hosts/outcome';
import { isTrusted } from '../trust';

/** For so long running tasks may go on; Drain Worker in the Workers view lets them end. */
const DRAIN_SECONDS = 30;

/** Ends the workers of hosts: the chosen ones, or picked from a list. */
export const stopHosts: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const { t } = vscode.l10n;
  const hosts = await chosenHosts(app, node, nodes, t('Stop Workers on Hosts'));
  if (hosts.length === 0) return;
  const question = t(
    'Stop the workers on {0}? What they run has {1} seconds to end, and goes back to the queue then.',
    hosts.length === 1 ? (hosts[0]?.name ?? '') : plural(hosts.length, 'host'),
    DRAIN_SECONDS,
  );
  if (await confirmed(question, t('Stop'))) await stop(app, hosts);
};

async function stop(app: App, hosts: readonly Host[]): Promise<void> {
  const { stopWorkers } = await import('../../cluster/ssh/stop');
  const queueFolder = folderOf(app.store.target);
  const results = await app.hosts.during(hosts, 'stopping', tell =>
    stopWorkers({
      hosts,
      drainSeconds: DRAIN_SECONDS,
      ssh: sshOptions(),
      queueFolder,
      onResult: result => {
        noteFailure(app.log, result);
        tell(result.host, before => afterStop(before, result));
      },
    }),
  );
  const stopped = results.filter(({ failure }) => !failure).map(({ host }) => host);
  await app.tunnels.close(queueFolder, stopped);
  const ended = results.reduce((sum, { endings }) => sum + endings.length, 0);
  const done = vscode.l10n.t('{0} ended', plural(ended, 'worker'));
  tellOutcome({ results, done, again: again => stop(app, again) });
}
