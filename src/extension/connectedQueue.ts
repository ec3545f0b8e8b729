import * as vscode from 'vscode';
import type { Queue } from '../queue/queue';
import type { App } from './app';

/** The queue of this window. Without one, offers to get one; undefined when that was declined. */
export async function connectedQueue({ store }: App): Promise<Queue | undefined> {
  await store.settled();
  if (store.queue) return store.queue;
  const { t } = vscode.l10n;
  const { link } = store;
  if (link.state === 'stale') {
    throw new Error(
      t('{0} does not answer. It is tried again by itself.', store.target?.label ?? ''),
    );
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
