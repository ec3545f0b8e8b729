import * as vscode from 'vscode';
import { counts } from '../../queue/counts';
import { newUndoId } from '../../queue/journal';
import { removeFinished as removeThem } from '../../queue/removeFinished';
import { removed, removeFinishedQuestion } from '../../tasks/bulkWords';
import { plural } from '../../tasks/words';
import { undoButton } from '../actions/bulkAction';
import { confirmed } from '../actions/confirm';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { isTrusted } from '../trust';

/** Finished tasks and their results go, and can be brought back for a while. Asks first. */
export const removeFinished: Command = async (app, node) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const { t } = vscode.l10n;
  const { finished } = await counts(queue);
  if (finished === 0) return inform(t('Queue "{0}" has no finished tasks.', queue.name));
  const question = removeFinishedQuestion(queue.name, finished);
  if (!(await confirmed(question, t('Remove Finished')))) return;
  const undoId = newUndoId();
  const title = t('Removing {0}', plural(finished, 'finished task'));
  const gone = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title },
    () => removeThem(queue, { undoId }),
  );
  app.store.refresh();
  inform(removed(gone, 'finished task'), ...(gone > 0 ? [undoButton(queue, undoId)] : []));
};
