import * as vscode from 'vscode';
import { audit, submitLost } from '../../queue/audit';
import type { Queue } from '../../queue/queue';
import { audited, neverRun, submittedAgain } from '../../tasks/auditWords';
import { readTaskFile } from '../../tasks/file';
import { number } from '../../tasks/words';
import type { App, Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform, warn } from '../notices';
import { overFile } from '../submission/fileProgress';
import { auditText, type LostTask } from '../submission/reportText';
import { chosenFiles, openTaskFile } from '../submission/taskFiles';
import { isTrusted } from '../trust';

const MOST_LISTED = 10_000;

/** Says which tasks of a file are in no state, so that they would never run, and offers to submit them. */
export const auditTaskFile: Command = async (app, uri, uris) => {
  const { t } = vscode.l10n;
  const asks = { title: t('Task files to audit'), openLabel: t('Audit') };
  const files = await chosenFiles(uri, uris, asks);
  if (files.length === 0) return;
  const queue = await connectedQueue(app);
  if (!queue) return;
  for (const file of files) await auditOne(app, queue, file);
};

async function auditOne(app: App, queue: Queue, uri: vscode.Uri): Promise<void> {
  const { t } = vscode.l10n;
  const file = await openTaskFile(uri);
  const { name } = file;
  const listed: LostTask[] = [];
  const found = await overFile(file, app.problems, t('Auditing {0}', name), listener =>
    audit(queue, readTaskFile(file.content), {
      ...listener,
      onLost: lost => {
        for (const { task, lineNumber } of lost.slice(0, MOST_LISTED - listed.length)) {
          listed.push({ lineNumber, command: task.command });
        }
      },
    }),
  );
  if (found.isCancelled) {
    inform(t('The audit ended after line {0} of {1}.', number(found.lines), name));
    return;
  }
  const counts = found.result;
  const summary = audited(counts);
  if (counts.lost === 0) {
    inform(`${name}: ${summary}`);
    return;
  }
  await app.reports.show(
    t('Audit of {0}', name),
    auditText(name, queue.name, summary, listed, counts.lost),
  );
  const submit = {
    title: counts.lost === 1 ? t('Submit It') : t('Submit Them'),
    run: () => submitAgain(app, uri),
  };
  const remedies = vscode.workspace.isTrusted ? [submit] : [];
  warn(`${name}: ${summary}. ${neverRun(counts.lost)}`, ...remedies);
}

/** Looks anew: what is in the queue by now is not lost any more. */
async function submitAgain(app: App, uri: vscode.Uri): Promise<void> {
  const { t } = vscode.l10n;
  if (!isTrusted()) return;
  const queue = await connectedQueue(app);
  if (!queue) return;
  const file = await openTaskFile(uri);
  let submitted = 0;
  await overFile(file, app.problems, t('Submitting what {0} has lost', file.name), listener =>
    audit(queue, readTaskFile(file.content), {
      ...listener,
      onLost: async lost => {
        submitted += await submitLost(queue, lost);
      },
    }),
  );
  app.store.refresh();
  inform(submittedAgain(submitted));
}
