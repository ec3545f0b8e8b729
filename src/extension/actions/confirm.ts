import * as vscode from 'vscode';

/** Asks before what is destructive. `question` says exactly what goes, `doIt` is the button that does it. */
export async function confirmed(question: string, doIt: string): Promise<boolean> {
  const answer = await vscode.window.showWarningMessage(question, { modal: true }, doIt);
  return answer === doIt;
}
