import { basename } from 'node:path';
import * as vscode from 'vscode';
import { writeWhole } from '../../host/wholeFile';
import { type Counts, counts } from '../../queue/counts';
import { type Exported, exportedCount, exportText, type SomeTasks } from '../../queue/export';
import type { Queue } from '../../queue/queue';
import { formatOfName } from '../../tasks/exported';
import { exported } from '../../tasks/queueWords';
import { number, plural } from '../../tasks/words';
import { MANY } from '../actions/bulkAction';
import { chosenGroups } from '../actions/pickTasks';
import type { App, Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { withProgress } from '../progress';
import { chosenNodes, type Node, STATES } from '../tree/nodes';
import { stateTitle } from '../tree/stateItems';
import { isTrusted } from '../trust';

/** Tasks with their results as a file: CSV or lines of JSON, by its name. Of what is selected, or asks which tasks; asks where. */
export const exportResults: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  const now = await counts(queue);
  const meant = isOfTasks(node, nodes)
    ? await selected(app, node, nodes)
    : await askWhich(queue, now);
  if (!meant) return;
  const file = await askFile(queue, meant.name);
  if (!file) return;
  const written = await write(queue, meant, file);
  if (written === undefined) return inform(vscode.l10n.t('Nothing was written.'));
  const open = vscode.l10n.t('Open');
  inform(exported(written, basename(file.fsPath)), {
    title: open,
    run: () => vscode.commands.executeCommand('vscode.open', file),
  });
};

/** What is to be written. */
interface Meant {
  which: Exported | SomeTasks;
  /** For the name of the file. */
  name: string;
  /** How many tasks, about: the queue goes on. */
  count: number;
}

/** Whether it was called on states or tasks, which are exported then. */
const isOfTasks = (node: unknown, nodes: unknown) =>
  chosenNodes(node, nodes).some(({ kind }) => TASKS.includes(kind));

const TASKS: readonly Node['kind'][] = ['task', 'state', 'matches'];

async function selected(app: App, node: unknown, nodes: unknown): Promise<Meant | undefined> {
  const title = vscode.l10n.t('Export Results');
  const chosen = await chosenGroups(app, node, nodes, { title, states: STATES });
  if (!chosen) return undefined;
  const { groups: states, lines, count } = chosen;
  return { which: { states, lines }, name: lines.length > 0 ? 'tasks' : states.join('-'), count };
}

async function askWhich(queue: Queue, now: Counts): Promise<Meant | undefined> {
  const { t } = vscode.l10n;
  const choices = (['finished', 'failed', 'all'] as const).flatMap(which => {
    const count = exportedCount(now, which);
    const label = which === 'all' ? t('All tasks') : stateTitle(which);
    const description = plural(count, 'task');
    return count > 0 ? [{ label, description, which, name: which, count }] : [];
  });
  if (choices.length === 0) {
    inform(t('Queue "{0}" is empty.', queue.name));
    return undefined;
  }
  const title = t('Export Results');
  return vscode.window.showQuickPick(choices, { title, placeHolder: t('Which tasks?') });
}

async function askFile({ name }: Queue, what: string): Promise<vscode.Uri | undefined> {
  const { t } = vscode.l10n;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await vscode.window.showSaveDialog({
    title: t('Export Results'),
    saveLabel: t('Export'),
    filters: { CSV: ['csv'], [t('JSON Lines')]: ['jsonl'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `${name}-${what}.csv`) } : {}),
  });
  if (file && file.scheme !== 'file') {
    throw new Error(t('Results can be exported to a file on this machine only.'));
  }
  return file;
}

/** How many tasks were written; undefined when it was stopped. */
async function write(
  queue: Queue,
  { which, count: expected }: Meant,
  file: vscode.Uri,
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
