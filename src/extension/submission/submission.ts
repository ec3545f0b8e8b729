/** Submitting from the editor, and what is said of it: the same for files and for selected lines. */
import * as vscode from 'vscode';
import type { Queue } from '../../queue/queue';
import { submitFile } from '../../queue/submitFile';
import { readTaskFile, type TaskFileEntry } from '../../tasks/file';
import { besideOriginal, number, type SubmitCounts, submitted } from '../../tasks/words';
import type { App } from '../app';
import { command, inform, warn } from '../notices';
import { type FileOutcome, overFile } from './fileProgress';
import type { TaskFile } from './taskFiles';

/** Submits a file, or those of its entries that are given. */
export async function submitOne(
  app: App,
  queue: Queue,
  file: TaskFile,
  entries: AsyncIterable<TaskFileEntry> = readTaskFile(file.content),
): Promise<FileOutcome<SubmitCounts>> {
  const { t } = vscode.l10n;
  try {
    // Progress shows at once, also while Redis takes its time.
    return await overFile(file, app.problems, t('Submitting {0}', file.name), listener =>
      app.runs.during(queue, () => submitFile(queue, entries, listener)),
    );
  } catch (error) {
    const { message } = error as Error;
    throw new Error(t('{0} Submit it again: nothing is added twice.', message), { cause: error });
  }
}

/** `cancelledAt`: the last line that was submitted, if a person stopped it. */
export function tellSubmitted({ store }: App, total: SubmitCounts, cancelledAt?: number): void {
  const { t } = vscode.l10n;
  const parts = [submitted(total)];
  if (cancelledAt !== undefined) {
    parts.unshift(t('Stopped after line {0}', number(cancelledAt)));
    parts.push(t('Submit again for the rest'));
  }
  if (store.counts?.closed) parts.push(t('The queue is closed: workers take nothing new.'));
  const differs = besideOriginal(total);
  const message = parts.join(' · ') + (differs ? `. ${differs}` : '');
  const showProblems = command(t('Show Problems'), 'workbench.actions.view.problems');
  if (total.problems > 0) warn(message, showProblems);
  else if (differs) warn(message);
  else inform(message);
}
