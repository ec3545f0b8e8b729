import { basename } from 'node:path';
import * as vscode from 'vscode';
import { writeWhole } from '../../host/wholeFile';
import { type Counts, counts } from '../../queue/counts';
import { type Exported, exportedCount, exportText } from '../../queue/export';
import type { Queue } from '../../queue/queue';
import { formatOfName } from '../../tasks/exported';
import { exported } from '../../tasks/queueWords';
import { number, plural } from '../../tasks/words';
import { MANY } from '../actions/bulkAction';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { withProgress } from '../progress';
import { chosenNodes } from '../tree/nodes';
import { stateTitle } from '../tree/stateItems';
import { isTrusted } from '../trust';

/** Tasks with their results as a file: CSV or lines of JSON, by its name. Asks which tasks, and where. */
export const exportResults: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const now = await counts(queue);
  const which = chosenState(node, nodes) ?? (await askWhich(queue, now));
  if (!which) return;
  const file = await askFile(queue, which);
  if (!file) return;
  const written = await write(queue, which, file, exportedCount(now, which));
  if (written === undefined) return inform(vscode.l10n.t('Nothing was written.'));
  const open = vscode.l10n.t('Open');
  inform(exported(written, basename(file.fsPath)), {
    title: open,
    run: () => vscode.commands.executeCommand('vscode.open', file),
  });
};

function chosenState(node: unknown, nodes: unknown): Exported | undefined {
  const [chosen, ...others] = chosenNodes(node, nodes);
  return chosen?.kind === 'state' && others.length === 0 ? chosen.state : undefined;
}

async function askWhich(queue: Queue, now: Counts): Promise<Exported | undefined> {
  const { t } = vscode.l10n;
  const choices = (['finished', 'failed', 'all'] as const).flatMap(which => {
    const count = exportedCount(now, which);
    const label = which === 'all' ? t('All tasks') : stateTitle(which);
    return count > 0 ? [{ label, description: plural(count, 'task'), which }] : [];
  });
  if (choices.length === 0) {
    inform(t('Queue "{0}" is empty.', queue.name));
    return undefined;
  }
  const title = t('Export Results');
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: t('Which tasks?'),
  });
  return picked?.which;
}

async function askFile({ name }: Queue, which: Exported): Promise<vscode.Uri | undefined> {
  const { t } = vscode.l10n;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: t('Export Results'),
    saveLabel: t('Export'),
    filters: { CSV: ['csv'], [t('JSON Lines')]: ['jsonl'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${name}-${which}.csv`) } : {}),
  });
  if (file && file.scheme !== 'file') {
    throw new Error(t('Results can be exported to a file on this machine only.'));
  }
  return file;
}

/** How many tasks were written; undefined when it was stopped. */
async function write(
  queue: Queue,
  which: Exported,
  file: vscode.Uri,
  expected: number,
): Promise<number | undefined> {
  const title = vscode.l10n.t('Exporting {0}', plural(expected, 'task'));
  return withProgress(title, expected > MANY, async (bar, cancel) => {
    const stop = new AbortController();
    cancel.onCancellationRequested(() => stop.abort());
    let written = 0;
    const text = exportText(queue, which, formatOfName(file.fsPath) ?? 'csv', count => {
      written += count;
      bar.report({ increment: (100 * count) / expected, message: number(written) });
    });
    try {
      await writeWhole(file.fsPath, text, stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return undefined;
      throw error;
    }
    return written;
  });
}
