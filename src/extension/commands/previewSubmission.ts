import * as vscode from 'vscode';
import { liveCapacities } from '../../queue/capacity';
import { SubmissionPreview } from '../../queue/preview';
import { workers } from '../../queue/workers';
import { readTaskFile } from '../../tasks/file';
import { number } from '../../tasks/words';
import type { Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { overFile } from '../submission/fileProgress';
import { previewText } from '../submission/reportText';
import { chosenFiles, openTaskFile } from '../submission/taskFiles';

/** Says in a document what Submit Tasks would do with these files now. Changes nothing. */
export const previewSubmission: Command = async (app, uri, uris) => {
  const { t } = vscode.l10n;
  const asks = { title: t('Task files to preview'), openLabel: t('Preview') };
  const chosen = await chosenFiles(uri, uris, asks);
  if (chosen.length === 0) return;
  const queue = await connectedQueue(app);
  if (!queue) return;
  const preview = new SubmissionPreview(queue);
  const files = [];
  for (const each of chosen) {
    const file = await openTaskFile(each);
    const { name } = file;
    const found = await overFile(file, app.problems, t('Looking at {0}', name), listener =>
      preview.add(readTaskFile(file.content), listener),
    );
    if (found.isCancelled) {
      inform(t('The preview ended after line {0} of {1}.', number(found.lines), name));
      return;
    }
    files.push({ name, problems: found.problems });
  }
  const { counts, already, asks: needs } = preview;
  const capacities = liveCapacities(await workers(queue));
  const report = { queue: queue.name, counts, already, asks: needs, workers: capacities, files };
  const [first, ...others] = files;
  const title =
    others.length > 0
      ? t('Preview of {0} files', number(files.length))
      : t('Preview of {0}', first?.name ?? '');
  await app.reports.show(title, previewText(report));
};
