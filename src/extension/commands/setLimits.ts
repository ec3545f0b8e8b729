import * as vscode from 'vscode';
import { counts } from '../../queue/counts';
import { type LimitChanges, parseLimit, type QueueLimits, setLimits } from '../../queue/limits';
import { aliveOriginals } from '../../queue/originals';
import {
  failuresLimit,
  hasLimits,
  LIMIT_FORM,
  limitsOfQueue,
  runningLimit,
} from '../../tasks/limitWords';
import { originalsTakeNoNotice } from '../../tasks/queueWords';
import type { Command } from '../app';
import { chosenQueue } from '../connection/connectedQueue';
import { inform } from '../notices';
import { isTrusted } from '../trust';

type Limit = 'maxRunning' | 'stopAfterFailures';

/**
 * How many tasks of the queue run at a time, and after how many failures it pauses itself. Takes
 * `{ maxRunning, stopAfterFailures }`, of which null takes a limit away, or asks.
 */
export const setQueueLimits: Command = async (app, given) => {
  if (!isTrusted()) return;
  const queue = await chosenQueue(app, given);
  if (!queue) return;
  const changes = changesIn(given) ?? (await ask(await counts(queue)));
  if (!changes) return;
  await setLimits(queue, changes);
  app.store.refresh();
  const { limits, held } = await counts(queue);
  const said = limitsOfQueue(queue.name, limits, held);
  const warning = hasLimits(limits)
    ? originalsTakeNoNotice(await aliveOriginals(queue))
    : undefined;
  if (warning) inform(`${said}. ${warning}`);
  else vscode.window.setStatusBarMessage(said, 5_000);
};

function changesIn(given: unknown): LimitChanges | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const changes: LimitChanges = {};
  for (const name of ['maxRunning', 'stopAfterFailures'] as const satisfies Limit[]) {
    const value: unknown = Reflect.get(given, name);
    if (typeof value === 'number' || value === null) changes[name] = value;
  }
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/** One limit at a time; undefined when that was declined. */
async function ask(now: { limits: QueueLimits; held: number }): Promise<LimitChanges | undefined> {
  const { t } = vscode.l10n;
  const none = t('no limit');
  const choices: (vscode.QuickPickItem & { limit: Limit })[] = [
    {
      label: t('$(play) Tasks in Progress'),
      description: runningLimit(now.limits, now.held) || none,
      detail: t('How many tasks all workers of DistComp together run at a time'),
      limit: 'maxRunning',
    },
    {
      label: t('$(error) Failures'),
      description: failuresLimit(now.limits) || none,
      detail: t('After how many failed tasks the queue pauses itself'),
      limit: 'stopAfterFailures',
    },
  ];
  const picked = await vscode.window.showQuickPick(choices, {
    title: t('Set Queue Limits'),
    placeHolder: t('Which limit?'),
  });
  return picked && askNumber(picked.limit, now.limits);
}

async function askNumber(limit: Limit, limits: QueueLimits): Promise<LimitChanges | undefined> {
  const { t } = vscode.l10n;
  const prompts = {
    maxRunning: t(
      'Most tasks in progress, or none. Nothing that runs is ended: above a lower limit nothing starts.',
    ),
    stopAfterFailures: t(
      'Failed tasks after which nothing new starts until the queue is resumed, or none. They are counted from now on.',
    ),
  };
  const text = await vscode.window.showInputBox({
    title: t('Set Queue Limits'),
    prompt: prompts[limit],
    value: String(limits[limit] ?? 'none'),
    ignoreFocusOut: true,
    validateInput: value => (parseLimit(value) ? undefined : t('Write {0}', LIMIT_FORM)),
  });
  const parsed = text === undefined ? undefined : parseLimit(text);
  return parsed && { [limit]: parsed.limit };
}
