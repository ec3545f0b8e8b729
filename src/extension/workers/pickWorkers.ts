/** Which workers a command is about: those it was called on, or those picked from a list. */
import * as vscode from 'vscode';
import { type QueueWorker, roster } from '../../queue/workers';
import { visible } from '../../tasks/words';
import type { App } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { plain } from '../plainText';
import { workerDescription } from './items';
import { namedWorkers, rosterNodes, type WorkerNode } from './nodes';

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
  const found = await roster(queue);
  const workers = rosterNodes(found, () => undefined).filter(each => each.kind === 'worker');
  const fitting = workers.filter(({ worker }) => wanted.fits(worker));
  if (fitting.length === 0) {
    inform(wanted.none);
    return [];
  }
  return pick(app, fitting, found.nowMs, wanted.title);
}

/** What is selected in the view is picked already: Enter accepts it. */
async function pick(
  app: App,
  nodes: readonly WorkerNode[],
  nowMs: number,
  title: string,
): Promise<string[]> {
  const selected = new Set(namedWorkers(undefined, [...app.workers.selection]));
  const choices = nodes.map((node): Choice => {
    const { worker } = node;
    const words = workerDescription(node, nowMs);
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
