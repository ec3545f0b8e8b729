import * as vscode from 'vscode';
import { Queue } from '../../queue/queue';
import type { App } from '../app';
import type { Target } from '../store/store';
import { chosenNodes } from '../tree/nodes';

/** The queue of this window. Without one, offers to get one; undefined when that was declined. */
export async function connectedQueue({ store }: App): Promise<Queue | undefined> {
  await store.settled();
  if (store.queue) return store.queue;
  const { t } = vscode.l10n;
  const { link } = store;
  if (link.state === 'stale') {
    throw new Error(t('{0} does not answer. DistComp keeps retrying.', store.target?.label ?? ''));
  }
  if (link.state === 'refused') throw link.error;
  const start = t('Start Local Cluster');
  const connect = t('Connect…');
  const answer = await vscode.window.showInformationMessage(
    t('No queue is connected in this window.'),
    start,
    connect,
  );
  if (answer === start) await vscode.commands.executeCommand('distcomp.startLocalCluster');
  if (answer === connect) await vscode.commands.executeCommand('distcomp.connect');
  return store.queue;
}

/** The queue that a command was called on: of the item, or else that of this window. */
export async function chosenQueue(app: App, node: unknown): Promise<Queue | undefined> {
  const queue = await connectedQueue(app);
  const [chosen] = chosenNodes(node, undefined);
  if (!queue || !chosen || !('queue' in chosen) || chosen.queue === queue.name) return queue;
  return new Queue(queue.redis, chosen.queue);
}

/**
 * What this window is connected to, where that is not its local cluster, which has commands of its own: then
 * `ofCluster` is run instead.
 */
export async function targetElsewhere(app: App, ofCluster: string): Promise<Target | undefined> {
  if (!(await connectedQueue(app))) return undefined;
  const { target } = app.store;
  if (!target?.isLocal) return target;
  await vscode.commands.executeCommand(ofCluster);
  return undefined;
}
