import * as vscode from 'vscode';
import type { Command } from '../app';
import { inform } from '../notices';
import { pickAttempt } from '../output/attemptPicks';
import { chosenOutputs, taskOf } from '../output/outputTargets';

/** Opens what a task printed in an attempt that is picked from a list. */
export const showAttempt: Command = async (app, node, nodes) => {
  const { t } = vscode.l10n;
  const title = t('Show Output of Attempt');
  for (const { line } of await chosenOutputs(app, node, nodes, { title, openDocument: true })) {
    const task = await taskOf(app, { line });
    if (!task) return;
    if (task.attempts.length === 0 && task.startedAt === undefined) {
      inform(t('{0}: this task has no recorded attempts yet.', title));
      continue;
    }
    const picked = await pickAttempt(task, app.store.now());
    if (!picked) return;
    await app.outputs.show({ line, attempt: picked.attempt }, { preview: false });
  }
};
