import * as vscode from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { plural } from '../../tasks/words';
import { confirmed } from '../actions/confirm';
import type { App, Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { folderOf, sshOptions, workerBundle } from '../hosts/hostSettings';
import { afterLaunch } from '../hosts/hostStanding';
import { noteFailure, tellOutcome } from '../hosts/outcome';
import { isTrusted } from '../trust';

/** For so long running tasks may go on; then they go back to the queue, where the new workers find them. */
const DRAIN_SECONDS = 30;

/** Ends the workers of hosts and starts them again as they were launched, in the version of this window. */
export const restartHosts: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const title = vscode.l10n.t('Restart Workers on Hosts');
  const hosts = await chosenHosts(app, node, nodes, title);
  if (hosts.length === 0) return;
  const question = vscode.l10n.t(
    'Restart the workers on {0}? What they run has {1} seconds to end, and goes back to the queue then.',
    hosts.length === 1 ? (hosts[0]?.name ?? '') : plural(hosts.length, 'host'),
    DRAIN_SECONDS,
  );
  if (await confirmed(question, vscode.l10n.t('Restart'))) await restart(app, hosts);
};

async function restart(app: App, hosts: readonly Host[]): Promise<void> {
  const { restartWorkers } = await import('../../cluster/ssh/restart');
  const results = await app.hosts.during(hosts, 'restarting', tell =>
    restartWorkers({
      hosts,
      workerBundle: workerBundle(app.extension),
      drainSeconds: DRAIN_SECONDS,
      ssh: sshOptions(),
      queueFolder: folderOf(app.store.target),
      onResult: result => {
        noteFailure(app.log, result);
        for (const warning of result.warnings) app.log.warn(`${result.host.name}: ${warning}`);
        tell(result.host, before => afterLaunch(before, result));
      },
    }),
  );
  const started = results.reduce((sum, { workers }) => sum + workers.length, 0);
  const done = vscode.l10n.t('{0} restarted', plural(started, 'worker'));
  tellOutcome({ results, done, again: again => restart(app, again) });
}
