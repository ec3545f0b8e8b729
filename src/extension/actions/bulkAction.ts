/**
 * One way to act on many tasks: the exact number is said first, the progress can be stopped midway, and at the
 * end a notice says what came of it and offers to undo it.
 */
import * as vscode from 'vscode';
import { aliveOriginals } from '../../queue/originals';
import type { Steps } from '../../queue/outcome';
import type { Queue } from '../../queue/queue';
import { number } from '../../tasks/words';
import type { App } from '../app';
import { inform, type Remedy, warn } from '../notices';
import { withProgress } from '../progress';

/** More tasks take so long that one may want to stop: they get a notice with Cancel. */
export const MANY = 1_000;

/** How many tasks have each verdict, and how many were still to come when it was stopped. */
export interface Tally<V extends string> {
  counts: Record<V, number>;
  left: number;
}

export interface BulkAction<V extends string> {
  /** With the exact number: `Retrying 1,240 failed tasks`. */
  title: string;
  /** How many tasks it is about. */
  tasks: number;
  /** `isCancelled`: for what waits in the middle of a step. */
  steps(isCancelled: () => boolean): Steps<V>;
  /** While an original is alive, a second passes between two looks at each task. */
  looksTwice?: true;
  /** No task with any verdict. */
  none: Readonly<Record<V, number>>;
  /** The one that changed a task, which can be undone. */
  did: V;
  /** Of tasks that never were meant: nobody is told of them. */
  ignored?: V;
  undoId: string;
  /** Whether there is something to undo afterwards. Without it: when it changed a task. */
  canBeUndone?(tally: Tally<V>): boolean;
  /** What came of it, in words. */
  words(tally: Tally<V>): string;
}

/**
 * Runs it to its end, or until it is stopped; what was done until then stays, and can be undone. Answers how
 * many tasks it changed.
 */
export async function runBulkAction<V extends string>(
  app: App,
  queue: Queue,
  action: BulkAction<V>,
): Promise<number> {
  const { tasks, did, undoId, words } = action;
  const { canBeUndone = ({ counts }) => counts[did] > 0 } = action;
  const tally: Tally<V> = { counts: { ...action.none }, left: tasks };
  try {
    const stopped = await takeSteps(queue, action, tally);
    if (!stopped) tally.left = 0;
  } catch (error) {
    if (tally.counts[did] === 0) throw error;
    app.log.error(error as Error);
    const since = vscode.l10n.t('It ended there: {0}.', (error as Error).message);
    warn(`${words(tally)}. ${since}`, undoButton(queue, undoId));
    return tally.counts[did];
  } finally {
    app.store.refresh();
  }
  app.log.info(`${action.title}: ${words(tally)}`);
  inform(words(tally), ...(canBeUndone(tally) ? [undoButton(queue, undoId)] : []));
  return tally.counts[did];
}

/** Tells whether it was stopped before the last task. */
async function takeSteps<V extends string>(
  queue: Queue,
  { title, tasks, steps, looksTwice, ignored }: BulkAction<V>,
  tally: Tally<V>,
): Promise<boolean> {
  return withProgress(title, tasks > MANY, async (bar, stop) => {
    if (looksTwice) await sayWhyItWaits(queue, bar);
    const isCancelled = () => stop.isCancellationRequested;
    for await (const step of steps(isCancelled)) {
      let done = 0;
      for (const { verdict } of step) {
        if (verdict === ignored) continue;
        tally.counts[verdict] += 1;
        done += 1;
      }
      // What came into the group meanwhile is done too, and was in no number.
      tally.left = Math.max(0, tally.left - done);
      const message = vscode.l10n.t('{0} done', number(tasks - tally.left));
      bar.report({ increment: (100 * done) / Math.max(tasks, 1), message });
      if (isCancelled()) break;
    }
    return isCancelled() && tally.left > 0;
  });
}

/** Of what acts on tasks only when they stood the same in two looks. */
async function sayWhyItWaits(
  queue: Queue,
  bar: vscode.Progress<{ message: string }>,
): Promise<void> {
  if ((await aliveOriginals(queue)) === 0) return;
  bar.report({
    message: vscode.l10n.t('looking twice, since a worker of the original is on this queue'),
  });
}

/** The button of a notice that takes back what the notice tells of. */
export function undoButton(queue: Queue, id: string): Remedy {
  const { l10n, commands } = vscode;
  const action = { id, queue: queue.name };
  return {
    title: l10n.t('Undo'),
    run: () => commands.executeCommand('distcomp.undo', action),
  };
}
