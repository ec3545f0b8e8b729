import * as vscode from 'vscode';
import type { Queue } from '../../queue/queue';
import { submitFile } from '../../queue/submitFile';
import { readTaskFile } from '../../tasks/file';
import {
  addCounts,
  besideOriginal,
  noCounts,
  number,
  type SubmitCounts,
  submitted,
} from '../../tasks/words';
import type { App, Command } from '../app';
import { connectedQueue } from '../connectedQueue';
import { command, inform, warn } from '../notices';
import { FileProblems } from '../problems';
import { chosenFiles, openTaskFile } from '../taskFiles';
import { isTrusted } from '../trust';

/** Longer files take so long that one may want to stop: they get a notice with Cancel. */
const LONG_FILE_BYTES = 5_000_000;

/** Adds the tasks of the active file, or of files chosen in the explorer or a dialog. */
export const submitTasks: Command = async (app, uri, uris) => {
  if (!isTrusted()) return;
  const files = await chosenFiles(uri, uris);
  if (files.length === 0) return;
  const queue = await connectedQueue(app);
  if (!queue) return;
  const total = await app.runs.during(queue, async () => {
    const counts = noCounts();
    for (const file of files) addCounts(counts, await submitOne(app, queue, file));
    return counts;
  });
  app.store.refresh();
  tell(app, total);
};

async function submitOne(app: App, queue: Queue, uri: vscode.Uri): Promise<SubmitCounts> {
  const { name, bytes, content } = await openTaskFile(uri);
  const { Notification, Window } = vscode.ProgressLocation;
  const problems = new FileProblems();
  let done = 0;
  try {
    return await vscode.window.withProgress(
      {
        location: bytes > LONG_FILE_BYTES ? Notification : Window,
        title: vscode.l10n.t('Submitting {0}', name),
        cancellable: true,
      },
      (progress, cancelled) =>
        submitFile(queue, readTaskFile(content), {
          onProgress: lines => {
            done = lines;
            progress.report({ message: vscode.l10n.t('{0} lines', number(lines)) });
          },
          onProblem: (lineNumber, problem) => problems.add({ lineNumber, problem }),
          isCancelled: () => cancelled.isCancellationRequested,
        }),
    );
  } catch (error) {
    throw new Error(
      vscode.l10n.t(
        '{0}: ended after {1} lines, since {2}. Submit it again: nothing is added twice.',
        name,
        number(done),
        (error as Error).message,
      ),
      { cause: error },
    );
  } finally {
    app.problems.show(uri, problems);
  }
}

function tell({ store }: App, total: SubmitCounts): void {
  const { t } = vscode.l10n;
  const closed = store.counts?.closed
    ? ` · ${t('The queue is closed: workers take nothing new.')}`
    : '';
  const differs = besideOriginal(total);
  const message = submitted(total) + closed + (differs ? `. ${differs}` : '');
  const showProblems = command(t('Show Problems'), 'workbench.actions.view.problems');
  if (total.problems > 0) warn(message, showProblems);
  else if (differs) warn(message);
  else inform(message);
}
