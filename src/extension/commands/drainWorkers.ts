import * as vscode from 'vscode';
import { drain } from '../../queue/drain';
import { isOriginal } from '../../queue/originals';
import type { Queue } from '../../queue/queue';
import { drainQuestion, drainWords } from '../../queue/workerWords';
import { visible } from '../../tasks/words';
import { confirmed } from '../actions/confirm';
import type { Command } from '../app';
import { inform, warn } from '../notices';
import { isTrusted } from '../trust';
import { chosenWorkers } from '../workers/pickWorkers';

/** Workers finish what they run and end: one, the selected ones, or picked from a list. Asks first. */
export const drainWorkers: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const names = await chosenWorkers(app, node, nodes, {
    title: vscode.l10n.t('Drain Worker'),
    fits: ({ kind, draining }) => kind === 'ours' && !draining,
    none: vscode.l10n.t('No worker is live that could be drained.'),
  });
  const queue = app.store.queue;
  if (!queue || names.length === 0) return;
  const originals = names.filter(isOriginal);
  const ours = names.filter(name => !isOriginal(name));
  if (ours.length > 0 && !(await confirmed(drainQuestion(ours), vscode.l10n.t('Drain')))) return;
  const draining = await drainThoseLeft(queue, ours);
  app.workers.refresh();
  if (originals.length > 0) {
    const whom = originals.map(visible).join(', ');
    warn(
      vscode.l10n.t(
        '{0}: a worker of the original cannot be drained. It ends with all others when the queue is closed.',
        whom,
      ),
    );
  } else if (draining === 0) {
    inform(vscode.l10n.t('These workers have already ended.'));
  }
  if (draining > 0) vscode.window.setStatusBarMessage(drainWords(draining), 5_000);
};

/** Some may have ended since they were shown: with one unknown name, nothing is drained. */
async function drainThoseLeft(queue: Queue, names: readonly string[]): Promise<number> {
  const unknown = new Set(await drain(queue, names));
  if (unknown.size === 0) return names.length;
  const left = names.filter(name => !unknown.has(name));
  if (left.length > 0) await drain(queue, left);
  return left.length;
}
