import * as vscode from 'vscode';
import { clear } from '../../queue/clear';
import { counts } from '../../queue/counts';
import { newUndoId } from '../../queue/journal';
import { aliveOriginals } from '../../queue/originals';
import { clearQuestion, removed } from '../../tasks/bulkWords';
import { undoButton } from '../actions/bulkAction';
import { confirmed } from '../actions/confirm';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** All tasks of a queue go, and can be brought back for a while. Asks first, and says exactly what goes. */
export const clearQueue: Command = async (app, node) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const { t } = vscode.l10n;
  const now = await counts(queue);
  if (now.todo + now.inProgress + now.failed + now.finished === 0) {
    return inform(t('Queue "{0}" is empty.', queue.name));
  }
  const question = clearQuestion(queue.name, now, await aliveOriginals(queue));
  if (!(await confirmed(question, t('Clear Queue')))) return;
  const undoId = newUndoId();
  const gone = await clear(queue, { undoId });
  app.store.refresh();
  inform(removed(gone, 'task'), ...(gone > 0 ? [undoButton(queue, undoId)] : []));
};
