import * as vscode from 'vscode';
import { type CancelVerdict, cancelAll, cancelEach } from '../../queue/cancel';
import { chunks } from '../../queue/chunks';
import { newUndoId } from '../../queue/journal';
import type { Steps } from '../../queue/outcome';
import { cancelled, cancelQuestion } from '../../tasks/bulkWords';
import { plural } from '../../tasks/words';
import { runBulkAction } from '../actions/bulkAction';
import { confirmed } from '../actions/confirm';
import { type Chosen, chosenGroups } from '../actions/pickTasks';
import type { Command } from '../app';
import { isTrusted } from '../trust';

/** More are cancelled by mistake more easily than one by one. */
const ASK_FROM = 10;

/** Tasks that wait or run fail with the reason "cancelled": one, the selected ones, a group, or picked. */
export const cancelTasks: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const chosen = await chosenGroups(app, node, nodes, {
    title: vscode.l10n.t('Cancel Tasks'),
    states: ['in_progress', 'todo'],
    groups: true,
  });
  if (!chosen) return;
  const { queue, count, groups } = chosen;
  const isGroup = groups.length > 0;
  if ((isGroup || count >= ASK_FROM) && !(await ask(chosen))) return;
  const undoId = newUndoId();
  await runBulkAction(app, queue, {
    title: vscode.l10n.t('Cancelling {0}', plural(count, 'task')),
    tasks: count,
    steps: () => steps(chosen, undoId),
    none: { cancelled: 0, on_original: 0, not_active: 0 },
    did: 'cancelled',
    ...(isGroup ? { ignored: 'not_active' as const } : {}),
    undoId,
    words: ({ counts, left }) =>
      cancelled({
        cancelled: counts.cancelled,
        onOriginal: counts.on_original,
        notActive: counts.not_active,
        left,
      }),
  });
};

function ask({ queue, count, groups, lines }: Chosen): Promise<boolean> {
  const running = groups.includes('in_progress') || lines.length > 0;
  return confirmed(cancelQuestion(queue.name, count, running), vscode.l10n.t('Cancel Tasks'));
}

async function* steps({ queue, lines, groups }: Chosen, undoId: string): Steps<CancelVerdict> {
  for (const state of groups) {
    if (state === 'todo' || state === 'in_progress') yield* cancelAll(queue, state, { undoId });
  }
  yield* cancelEach(queue, chunks(lines), { undoId });
}
