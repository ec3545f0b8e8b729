import * as vscode from 'vscode';
import { taskId } from '../../tasks/task';
import { visible } from '../../tasks/words';
import type { Command } from '../app';
import { hostsOfWorkers } from '../hosts/hostsOfWorkers';
import { inform } from '../notices';
import { chosenOutputs, taskOf } from '../output/outputTargets';
import { isTrusted } from '../trust';
import { fetchFrom } from './fetchOutput';

/** Copies the full output files of tasks from the hosts that ran them to this machine. */
export const fetchTaskOutput: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const title = vscode.l10n.t('Fetch Output of Tasks');
  const targets = await chosenOutputs(app, node, nodes, { title, openDocument: true });
  if (targets.length === 0) return;
  const tasks = await Promise.all(targets.map(target => taskOf(app, target)));
  const workers = tasks.flatMap(task => [
    ...(task?.worker ? [task.worker] : []),
    ...(task?.failedOn ?? []),
  ]);
  const hosts = await hostsOfWorkers(app.hosts.list, workers);
  if (hosts.length === 0) {
    const ran = [...new Set(workers)].map(visible).join(', ');
    inform(
      ran === ''
        ? vscode.l10n.t('No worker has run it yet.')
        : vscode.l10n.t('It ran with {0}, on no host of the Hosts view.', ran),
    );
    return;
  }
  const ids = new Set(targets.map(({ line }) => taskId(line)));
  await fetchFrom(
    app,
    hosts.map(({ entry: { host } }) => host),
    ids,
  );
};
