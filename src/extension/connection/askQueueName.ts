/** The question for the name of a queue. */
import * as vscode from 'vscode';
import { isQueueName } from '../../queue/keys';

export const queueNameRule = () =>
  vscode.l10n.t('A queue’s name is made of A-Z a-z 0-9 _ . - only.');

/** Undefined when the user gave up. */
export async function askQueueName(): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('New Queue'),
    prompt: vscode.l10n.t('Its name. It is there once tasks are submitted to it.'),
    placeHolder: 'nightly',
    ignoreFocusOut: true,
    validateInput: value => (value === '' || isQueueName(value) ? undefined : queueNameRule()),
  });
  return name || undefined;
}
