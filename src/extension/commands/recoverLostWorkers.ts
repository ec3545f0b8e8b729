import * as vscode from 'vscode';
import { WORKER_DEAD_SECONDS } from '../../config/host';
import { type Cleaned, cleanup, cleanupByForce } from '../../queue/cleanup';
import { lookAtWorkers } from '../../queue/lookAtWorkers';
import type { Queue } from '../../queue/queue';
import type { LostWorker } from '../../queue/recover';
import { type QueueWorker, roster } from '../../queue/workers';
import { workerTasks } from '../../queue/workerTasks';
import { forcedWords, lostWords, workerState } from '../../queue/workerWords';
import { lasting, number, plural, visible } from '../../tasks/words';
import type { App, Command } from '../app';
import { connectedQueue } from '../connection/connectedQueue';
import { inform, type Remedy, warn } from '../notices';
import { withProgress } from '../progress';
import { isTrusted } from '../trust';
import { namedWorkers } from '../workers/nodes';

/**
 * Looks whether workers still answer, and takes back what those had that do not: all of them, or those
 * that it was called on. Of an original that answers, only by force, after a question.
 */
export const recoverLostWorkers: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const queue = await connectedQueue(app);
  if (!queue) return;
  const named = namedWorkers(node, nodes);
  const { workers } = await roster(queue);
  const asked = named.length > 0 ? workers.filter(({ name }) => named.includes(name)) : workers;
  if (asked.length === 0) {
    inform(vscode.l10n.t('No worker is on this queue.'));
    return;
  }
  const found = await look(queue, asked);
  app.store.refresh();
  app.workers.refresh();
  if (found) tell(app, queue, asked, found);
};

/** As the workers of this machine have it. */
function deadSeconds(): number {
  const settings = vscode.workspace.getConfiguration('distcomp.workers');
  const told = settings.get<number | null>('deadSeconds');
  return told ?? Math.max(WORKER_DEAD_SECONDS, 5 * (settings.get<number>('heartbeatSeconds') ?? 0));
}

interface Found {
  lost: LostWorker[];
  cleaned: Cleaned;
}

/** Undefined when it was cancelled. */
async function look(queue: Queue, asked: readonly QueueWorker[]): Promise<Found | undefined> {
  const title = await announcement(queue, asked);
  const waiting = new AbortController();
  return withProgress(title, true, async (progress, cancelled) => {
    cancelled.onCancellationRequested(() => waiting.abort());
    const start = performance.now();
    const tick = setInterval(
      () => progress.report({ message: lasting(performance.now() - start) }),
      1_000,
    );
    try {
      const only = asked.map(({ name }) => name);
      const lost = await lookAtWorkers(queue, deadSeconds(), {
        only,
        signal: waiting.signal,
      });
      if (waiting.signal.aborted) return undefined;
      const [one] = only;
      const cleaned = await cleanup(queue, only.length === 1 ? one : undefined);
      return { lost, cleaned };
    } finally {
      clearInterval(tick);
    }
  });
}

/** Says before anything happens whom it is about, and what would go back. */
async function announcement(queue: Queue, asked: readonly QueueWorker[]): Promise<string> {
  const late = asked.filter(worker => workerState(worker) !== 'live');
  const held = await workerTasks(
    queue,
    late.map(({ name }) => ({ worker: name, running: 0, buffered: 0 })),
  );
  let tasks = 0;
  for (const { runningCount = 0, bufferedCount = 0 } of held.values()) {
    tasks += runningCount + bufferedCount;
  }
  const seconds = number(deadSeconds());
  const [only] = late;
  if (!only) {
    return vscode.l10n.t(
      'Looking for up to {0} s whether {1} sent a heartbeat',
      seconds,
      plural(asked.length, 'worker'),
    );
  }
  return vscode.l10n.t(
    'If {0} sent no heartbeat within {1} s, {2} back',
    late.length === 1 ? visible(only.name) : plural(late.length, 'worker'),
    seconds,
    plural(tasks, 'task goes', 'tasks go'),
  );
}

function tell(app: App, queue: Queue, asked: readonly QueueWorker[], found: Found): void {
  const { lost, cleaned } = found;
  const dead = cleaned.dead.map(({ worker, tasks }) => {
    const silentMs = asked.find(({ name }) => name === worker)?.heartbeatAgeMs;
    return { worker, tasks, ...(silentMs === undefined ? {} : { silentMs }) };
  });
  const force = (worker: string): Remedy => ({
    title: vscode.l10n.t('Take Back Its Tasks…'),
    run: () => takeBackByForce(app, queue, worker),
  });
  for (const { worker, tasks } of cleaned.unknown) {
    const stand = plural(tasks, 'task stands', 'tasks stand');
    const text = vscode.l10n.t(
      '{0} under {1}, which has no heartbeat: it may be starting.',
      stand,
      visible(worker),
    );
    warn(text, force(worker));
  }
  const gone = [...lost, ...dead];
  const [only] = asked;
  if (gone.length > 0) inform(goneInWords(gone));
  else if (asked.length === 1 && only?.kind === 'original') tellItLives(only.name, force);
  else inform(vscode.l10n.t('No worker is lost: {0}.', answering(asked.length)));
}

const answering = (count: number) => plural(count, 'worker answers', 'workers answer');

function tellItLives(worker: string, force: (worker: string) => Remedy): void {
  const text = vscode.l10n.t(
    '{0} is alive: its heartbeat changes. If it runs nothing any more, end it, and take back what stands under its name.',
    visible(worker),
  );
  inform(text, force(worker));
}

function goneInWords(gone: readonly LostWorker[]): string {
  const [only] = gone;
  if (only && gone.length === 1) return lostWords(only);
  const tasks = gone.reduce((sum, each) => sum + each.tasks, 0);
  return vscode.l10n.t(
    '{0} lost. {1} back to the queue.',
    plural(gone.length, 'worker was', 'workers were'),
    plural(tasks, 'task went', 'tasks went'),
  );
}

/** Only an original: its heartbeat may live while its main loop is dead, which nobody sees from here. */
async function takeBackByForce(app: App, queue: Queue, worker: string): Promise<void> {
  const name = visible(worker);
  const takeBack = vscode.l10n.t('Take Back');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Take back what {0} has in progress?', name),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Whatever its heartbeat says. If it still runs these tasks, they run twice, and it may end with an error. End it first.',
      ),
    },
    takeBack,
  );
  if (answer !== takeBack) return;
  const tasks = await cleanupByForce(queue, worker);
  app.store.refresh();
  app.workers.refresh();
  inform(forcedWords(worker, tasks));
}
