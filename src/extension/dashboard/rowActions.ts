/** What can be done with rows of the dashboard's tables: each is a command, called on what they stand for. */
import { commands, l10n } from 'vscode';
import type { RowAction } from '../../protocol';
import { visible } from '../../tasks/words';
import type { HostNode } from '../hosts/hostNodes';
import { inform } from '../notices';
import { workerName } from '../workers/nodes';
import type { ChosenTask } from './taskTable';
import type { WorkerItem } from './workerColumns';

/** The hosts of this window that these workers run on, as far as it knows them. */
export type HostsOf = (workers: readonly string[]) => Promise<HostNode[]>;

const COMMANDS: Record<RowAction, string> = {
  retry: 'distcomp.retryTasks',
  retryWithMemory: 'distcomp.retryWithMemory',
  cancel: 'distcomp.cancelTasks',
  showOutput: 'distcomp.showOutput',
  whyWaiting: 'distcomp.whyWaiting',
  copy: 'distcomp.copyTask',
  drain: 'distcomp.drainWorkers',
  stop: 'distcomp.stopHosts',
  showLog: 'distcomp.showHostLog',
};

export async function runRowAction(
  action: RowAction,
  items: readonly (WorkerItem | ChosenTask)[],
  hostsOf: HostsOf,
): Promise<void> {
  if (items.length === 0) return;
  const workers = items.filter(item => item.kind !== 'task');
  if (workers.length === 0) return run(COMMANDS[action], items);
  if (action === 'copy') return run('distcomp.copyWorkerName', workers);
  if (action === 'drain') return run(COMMANDS.drain, workers);
  const hosts = await hostsOf(workers.map(workerName));
  if (hosts.length === 0) return tellUnknown(workers);
  await run(COMMANDS[action], hosts);
}

async function run(command: string, nodes: readonly unknown[]): Promise<void> {
  await commands.executeCommand(command, nodes[0], nodes);
}

function tellUnknown(workers: readonly WorkerItem[]): void {
  const names = workers.map(worker => visible(workerName(worker))).join(', ');
  inform(
    l10n.t(
      'This window knows no host that {0} runs on: it did not launch it. Drain it, or end it where it runs.',
      names,
    ),
  );
}
