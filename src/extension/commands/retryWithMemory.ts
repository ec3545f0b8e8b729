import * as vscode from 'vscode';
import { linesOfKind } from '../../queue/failures';
import { type MemoryOfTasks, memoryOfTasks, moreMemoryGb } from '../../queue/memory';
import { page } from '../../queue/pages';
import type { Queue } from '../../queue/queue';
import type { RetryOptions } from '../../queue/retry';
import { plural } from '../../tasks/words';
import { type FailureKindNode, isFailureKind } from '../actions/failureKind';
import { type Chosen, chosenGroups } from '../actions/pickTasks';
import { type Retrying, retryingOf, retryingOfKind, retryTasksOf } from '../actions/retrying';
import type { App, Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { isTrusted } from '../trust';

const MOST_GB = 9_999;
/** Of a group, so many tell what memory to suggest. */
const LOOKED_AT = 100;

interface Retried {
  queue: Queue;
  retrying: Retrying;
  /** Some of them, by which memory is suggested. */
  some: readonly string[];
  options?: RetryOptions;
}

/** Failed tasks run again where they have so much memory. Asks how much, and suggests from what was seen. */
export const retryWithMemory: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const retried = isFailureKind(node)
    ? await thoseOfKind(app, node)
    : await thoseChosen(app, node, nodes);
  if (!retried) return;
  const { queue, retrying, some, options } = retried;
  const memoryGb = await askMemory(retrying.count, await memoryOfTasks(queue, some));
  if (memoryGb) await retryTasksOf(app, queue, retrying, { ...options, memoryGb });
};

async function thoseOfKind(app: App, { signature }: FailureKindNode): Promise<Retried | undefined> {
  const queue = await connectedQueue(app);
  if (!queue) return undefined;
  const retrying = await retryingOfKind(queue, signature);
  const { value: some = [] } = await linesOfKind(queue, signature).next();
  return { queue, retrying, some: some.slice(0, LOOKED_AT), options: { signature } };
}

async function thoseChosen(app: App, node: unknown, nodes: unknown): Promise<Retried | undefined> {
  const chosen = await chosenGroups(app, node, nodes, {
    title: vscode.l10n.t('Retry with More Memory'),
    states: ['failed'],
    groups: true,
  });
  if (!chosen) return undefined;
  return { queue: chosen.queue, retrying: retryingOf(chosen), some: await someLines(chosen) };
}

async function someLines({ queue, lines, groups }: Chosen): Promise<string[]> {
  if (groups.length === 0) return lines;
  const { rows } = await page(queue, 'failed', undefined, LOOKED_AT);
  return rows.map(({ line }) => line);
}

async function askMemory(count: number, seen: MemoryOfTasks): Promise<number | undefined> {
  const { t } = vscode.l10n;
  const needed = seen.needGb > 0 ? t('They now require {0} GB.', seen.needGb) : '';
  const peak = seen.peakGb === undefined ? '' : t('Peak so far: {0} GB.', seen.peakGb.toFixed(1));
  const text = await vscode.window.showInputBox({
    title: t('Retry with More Memory: {0}', plural(count, 'failed task')),
    prompt: [t('How many GB must each of them have from now on?'), peak, needed]
      .filter(Boolean)
      .join(' '),
    value: String(Math.min(moreMemoryGb(seen), MOST_GB)),
    // Stays while somebody looks at what the tasks did.
    ignoreFocusOut: true,
    validateInput: value =>
      isMemory(value.trim()) ? undefined : t('Write a whole number from 1 to 9,999.'),
  });
  return text && isMemory(text.trim()) ? Number(text) : undefined;
}

const isMemory = (text: string) => /^[1-9]\d{0,3}$/.test(text);
