/** Progress of what one may want to stop: in the status bar, or as a notice when it takes long. */
import * as vscode from 'vscode';

type Work<T> = (
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  stop: vscode.CancellationToken,
) => Thenable<T>;

/** A notice has Cancel, and a link to the log. */
export function withProgress<T>(title: string, isLong: boolean, work: Work<T>): Thenable<T> {
  const { Notification, Window } = vscode.ProgressLocation;
  const log = `[${vscode.l10n.t('Show Log')}](command:distcomp.showLog)`;
  const shown = isLong
    ? { location: Notification, title: `${title} (${log})` }
    : { location: Window, title };
  return vscode.window.withProgress({ ...shown, cancellable: true }, work);
}
