/** Which workers a command is about: those it was called on, or those picked from a list. */
import * as vscode from 'vscode';
import { type Outlier, outliersOf } from '../../queue/outliers';
import { type QueueWorker, roster } from '../../queue/workers';
import { visible } from '../../tasks/words';
import type { App } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { plain } from '../plainText';
import { workerDescription } from './items';
import { namedWorkers } from './nodes';

interface Wanted {
  title: string;
  /** Those for which it makes sense. */
  fits: (worker: QueueWorker) => boolean;
  /** What is said when there is none. */
  none: string;
}

interface Choice extends vscode.QuickPickItem {
  name: string;
}

/** Names, each once. Empty when there is none or the list was dismissed. */
export async function chosenWorkers(
  app: App,
  node: unknown,
  nodes: unknown,
  wanted: Wanted,
): Promise<string[]> {
  const queue = await connectedQueue(app);
  if (!queue) return [];
  const named = namedWorkers(node, nodes);
  if (named.length > 0) return named;
  const { workers, nowMs } = await roster(queue);
  const fitting = workers.filter(wanted.fits);
  if (fitting.length === 0) {
    inform(wanted.none);
    return [];
  }
  return pick(app, fitting, outliersOf(workers), nowMs, wanted.title);
}

/** What is selected in the view is picked already: Enter accepts it. */
async function pick(
  app: App,
  workers: readonly QueueWorker[],
  outliers: ReadonlyMap<string, readonly Outlier[]>,
  nowMs: number,
  title: string,
): Promise<string[]> {
  const selected = new Set(namedWorkers(undefined, [...app.workers.selection]));
  const choices = workers.map((worker): Choice => {
    const marks = outliers.get(worker.name) ?? [];
    const words = workerDescription(
      { kind: 'worker', worker, running: undefined, outliers: marks },
      nowMs,
    );
    return {
      label: plain(visible(worker.name)),
      description: plain(words.join(' · ')),
      picked: selected.has(worker.name),
      name: worker.name,
    };
  });
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('Which workers?'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return (picked ?? []).map(({ name }) => name);
}
