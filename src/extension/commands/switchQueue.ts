import * as vscode from 'vscode';
import { isQueueName } from '../../queue/keys';
import { type CountedQueue, queues } from '../../queue/queues';
import { countsInWords } from '../../tasks/words';
import type { App, Command } from '../app';
import { askQueueName, queueNameRule } from '../connection/askQueueName';
import { connectedQueue } from '../connection/connectedQueue';

interface Choice extends vscode.QuickPickItem {
  queue?: string;
}

/** Shows another queue of the same Redis, in this workspace from now on. Takes its name, or asks. */
export const switchQueue: Command = async (app, given) => {
  const queue = await connectedQueue(app);
  if (!queue) return;
  const name = typeof given === 'string' ? given : await ask(await queues(queue.redis), queue.name);
  if (name === undefined || name === queue.name) return;
  if (!isQueueName(name)) throw new RangeError(queueNameRule());
  await use(app, name);
};

async function ask(all: readonly CountedQueue[], current: string): Promise<string | undefined> {
  const choices: Choice[] = all.map(({ name, counts }) => ({
    label: name,
    description: [
      ...(name === current ? [vscode.l10n.t('shown now')] : []),
      countsInWords(counts),
    ].join(' · '),
    queue: name,
  }));
  const kind = vscode.QuickPickItemKind.Separator;
  choices.push({ label: '', kind }, { label: vscode.l10n.t('$(add) New queue…') });
  const picked = await vscode.window.showQuickPick(choices, {
    title: vscode.l10n.t('Switch Queue'),
    placeHolder: vscode.l10n.t('Which queue?'),
  });
  return picked && (picked.queue ?? askQueueName());
}

/** What an untrusted workspace says of queues is not followed: there the choice ends with the window. */
async function use({ store, connections }: App, name: string): Promise<void> {
  const { target } = store;
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (!vscode.workspace.isTrusted) {
    if (target) await store.open({ ...target, queue: name });
    return;
  }
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const settings = vscode.workspace.getConfiguration('distcomp');
  await settings.update('queue', name, folders.length > 0 ? Workspace : Global);
  await connections.resume();
}
