import * as vscode from 'vscode';
import { type Undoable, undoable } from '../../queue/journal';
import type { Queue } from '../../queue/queue';
import { undo as takeBack, type Undone } from '../../queue/undo';
import { actionName, nothingToUndo, undone } from '../../tasks/bulkWords';
import { lasting, number } from '../../tasks/words';
import type { App, Command } from '../app';
import { sayWhyItWaits, undoButton } from '../bulkAction';
import { chosenQueue } from '../connectedQueue';
import { inform, warn } from '../notices';
import { isTrusted } from '../trust';

/**
 * Takes back a retry, cancel, clear or remove-finished of the last ten minutes. Takes `{ id, queue }`, as the
 * buttons of notices give it; without one it is the only one that there is, or asks.
 */
export const undo: Command = async (app, given) => {
  if (!isTrusted()) return;
  const action = namedAction(given);
  const queue = await chosenQueue(app, action && { kind: 'queue', queue: action.queue });
  if (!queue) return;
  const actions = await undoable(queue);
  const meant = action ? actions.find(({ id }) => id === action.id) : await choose(app, actions);
  if (!meant) {
    if (action || actions.length === 0) inform(nothingToUndo(queue.name));
    return;
  }
  const result = await withProgress(queue, meant);
  app.store.refresh();
  if (!result) inform(nothingToUndo(queue.name));
  else if (result.unsettled > 0) warn(undone(result), undoButton(queue, meant.id));
  else inform(undone(result));
};

function namedAction(given: unknown): { id: string; queue: string } | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { id, queue } = given as { id?: unknown; queue?: unknown };
  return typeof id === 'string' && typeof queue === 'string' ? { id, queue } : undefined;
}

/** The newest first. The only one needs no question: the notice says what was taken back. */
async function choose({ store }: App, actions: readonly Undoable[]): Promise<Undoable | undefined> {
  if (actions.length < 2) return actions[0];
  const { t } = vscode.l10n;
  const choices = actions.map(action => ({
    label: sentence(actionName(action)),
    description: t('{0} ago', lasting(store.now() - action.at)),
    action,
  }));
  const title = t('Undo');
  const picked = await vscode.window.showQuickPick(choices, { title, placeHolder: t('What?') });
  return picked?.action;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

async function withProgress(queue: Queue, action: Undoable): Promise<Undone | undefined> {
  const title = vscode.l10n.t('Undoing {0}', actionName(action));
  const location = vscode.ProgressLocation.Window;
  return vscode.window.withProgress({ location, title }, async bar => {
    await sayWhyItWaits(queue, bar);
    let done = 0;
    return takeBack(queue, action.id, count => {
      done += count;
      bar.report({ message: number(done) });
    });
  });
}
