import * as vscode from 'vscode';
import { type FailureKind, failureKinds, signaturesOf } from '../../queue/failures';
import type { Queue } from '../../queue/queue';
import { plural, visible } from '../../tasks/words';
import { isFailureKind } from '../actions/failureKind';
import { retryingOfKind, retryTasksOf } from '../actions/retrying';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { plain } from '../plainText';
import { chosenNodes } from '../tree/nodes';
import { isTrusted } from '../trust';

/** All tasks run again that failed as the chosen one did; called without one, asks for the way. */
export const retrySameSignature: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, node);
  if (!queue) return;
  for (const signature of await chosenSignatures(queue, node, nodes)) {
    await retryTasksOf(app, queue, await retryingOfKind(queue, signature), { signature });
  }
};

async function chosenSignatures(queue: Queue, node: unknown, nodes: unknown): Promise<string[]> {
  if (isFailureKind(node)) return [node.signature];
  const lines = chosenNodes(node, nodes).flatMap(each =>
    each.kind === 'task' && each.queue === queue.name ? [each.row.line] : [],
  );
  return lines.length > 0 ? known(queue, lines) : ask(queue);
}

async function known(queue: Queue, lines: readonly string[]): Promise<string[]> {
  const signatures = await signaturesOf(queue, lines);
  if (signatures.length === 0) {
    inform(
      vscode.l10n.t(
        'It is not known how this task failed, since no worker of DistComp ran it. Retry it alone, or all failed tasks.',
      ),
    );
  }
  return signatures;
}

async function ask(queue: Queue): Promise<string[]> {
  const { t } = vscode.l10n;
  const kinds = await failureKinds(queue);
  if (kinds.length === 0) {
    inform(t('No task of queue "{0}" has failed in a way that is known.', queue.name));
    return [];
  }
  const choices = kinds.map(kind => ({ ...shown(kind), signature: kind.signature }));
  const picked = await vscode.window.showQuickPick(choices, {
    title: t('Retry All of the Same Signature'),
    placeHolder: t('Which failures?'),
  });
  return picked ? [picked.signature] : [];
}

const shown = ({ signature, count }: FailureKind) => ({
  label: plain(visible(signature)),
  description: plural(count, 'task'),
});
