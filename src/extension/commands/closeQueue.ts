import * as vscode from 'vscode';
import { close } from '../../queue/close';
import { counts } from '../../queue/counts';
import { closed, closeQuestion } from '../../tasks/queueWords';
import { confirmed } from '../actions/confirm';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { command, inform } from '../notices';
import { isTrusted } from '../trust';

/** All workers of the queue end, those of the original too. */
export const closeQueue: Command = async (app, node) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const { workers } = await counts(queue);
  const question = closeQuestion(queue.name, workers);
  if (!(await confirmed(question, vscode.l10n.t('Close Queue')))) return;
  const changed = await close(queue);
  app.store.refresh();
  const item = { kind: 'queue', queue: queue.name };
  inform(
    closed(queue.name, changed, (await counts(queue)).todo),
    command(vscode.l10n.t('Open Queue'), 'distcomp.openQueue', item),
  );
};
