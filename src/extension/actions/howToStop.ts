import * as vscode from 'vscode';

/** Asks whether workers on this machine end at once, or after what they run. Undefined: not at all. */
export async function howToStop(question: string): Promise<'drain' | 'stop' | undefined> {
  const { t } = vscode.l10n;
  const drain = t('Let Them Finish');
  const now = t('Stop Now');
  const detail = t('Stopped tasks go back to To do and run again at the next start.');
  const answer = await vscode.window.showWarningMessage(
    question,
    { modal: true, detail },
    drain,
    now,
  );
  if (answer === drain) return 'drain';
  return answer === now ? 'stop' : undefined;
}
