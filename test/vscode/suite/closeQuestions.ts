import * as vscode from 'vscode';
import { until } from '../../setup/until';

/** Dismisses what a command asks until it has ended: a question that is not there yet cannot be dismissed. */
export async function closeQuestions(asking: Thenable<unknown>): Promise<void> {
  let ended = false;
  const end = asking.then(() => {
    ended = true;
  });
  await until(async () => {
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    return ended;
  });
  await end;
}
