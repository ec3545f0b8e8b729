import * as vscode from 'vscode';
import { keptLines, type Undoable, undoable } from '../../queue/journal';
import type { Queue } from '../../queue/queue';
import { commandOf } from '../../queue/rowWords';
import { type UndoVerdict, undoEach } from '../../queue/undo';
import { actionName, nothingToUndo, undone } from '../../tasks/bulkWords';
import { capital, lasting, number, shorten, visible } from '../../tasks/words';
import { runBulkAction } from '../actions/bulkAction';
import type { App, Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { plain } from '../plainText';
import { isTrusted } from '../trust';

const LABEL_LENGTH = 100;

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
  const meant = action
    ? actions.find(({ id }) => id === action.id)
    : await choose(app, queue, actions);
  if (!meant) {
    if (action || actions.length === 0) inform(nothingToUndo(queue.name));
    return;
  }
  await takeBack(app, queue, meant);
};

/** What it is stopped before, or an original moves, can be undone later. */
async function takeBack(app: App, queue: Queue, action: Undoable): Promise<void> {
  const { id, kind, tasks } = action;
  await runBulkAction<UndoVerdict>(app, queue, {
    title: vscode.l10n.t('Undoing {0}', actionName(action)),
    tasks,
    steps: isCancelled => undoEach(queue, id, isCancelled),
    looksTwice: true,
    none: { undone: 0, kept: 0, unsettled: 0 },
    did: 'undone',
    undoId: id,
    canBeUndone: ({ counts, left }) => counts.unsettled + left > 0,
    words: ({ counts, left }) => {
      const isThere = counts.undone + counts.kept + counts.unsettled + left > 0;
      return isThere ? undone({ kind, ...counts, left }) : nothingToUndo(queue.name);
    },
  });
}

function namedAction(given: unknown): { id: string; queue: string } | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { id, queue } = given as { id?: unknown; queue?: unknown };
  return typeof id === 'string' && typeof queue === 'string' ? { id, queue } : undefined;
}

/** The newest first. The only one needs no question: the notice says what was taken back. */
async function choose(
  { store }: App,
  queue: Queue,
  actions: readonly Undoable[],
): Promise<Undoable | undefined> {
  if (actions.length < 2) return actions[0];
  const { t } = vscode.l10n;
  const choices = actions.map(async action => ({
    label: capital(actionName(action)),
    description: t('{0} ago', lasting(store.now() - action.at)),
    detail: await example(queue, action),
    action,
  }));
  const title = t('Undo');
  const options = { title, placeHolder: t('What?') };
  const picked = await vscode.window.showQuickPick(Promise.all(choices), options);
  return picked?.action;
}

/** One of the tasks, by which a person knows the action again. */
async function example(queue: Queue, { id, tasks }: Undoable): Promise<string> {
  const { value: lines } = await keptLines(queue, id, 'tasks').next();
  const [line] = lines ?? [];
  if (line === undefined) return '';
  const command = plain(visible(shorten(commandOf(line), LABEL_LENGTH)));
  return tasks === 1 ? command : vscode.l10n.t('{0} and {1} more', command, number(tasks - 1));
}
