/** `distcomp why ID`: why a task waits, and which workers cannot take it. */
import { findTask } from '../../queue/details';
import type { WorkerVerdict } from '../../queue/waiting';
import { type WaitingAnswer, whyWaiting } from '../../queue/waitingFacts';
import {
  byNearness,
  notWaitingWords,
  outlookWords,
  reasonWords,
  verdictWords,
  waitingWords,
} from '../../queue/waitingWords';
import { taskId } from '../../tasks/task';
import { number, visible } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';
import { checkedId } from '../taskIds';

const MOST_NAMED = 20;

/** What to do in a terminal, by reason. */
const REMEDIES: Readonly<Record<string, string>> = {
  closed: 'Open it: distcomp open',
  paused: 'Go on: distcomp resume',
  no_worker: 'Start one: distcomp worker',
};

/** Returns the exit code. */
export async function why(id: string, options: QueueOptions): Promise<number> {
  const prefix = checkedId(id);
  return withQueue(options, async ({ queue }) => {
    const line = await findTask(queue, prefix);
    if (line === undefined)
      throw new UsageError(`No task of queue "${queue.name}" has the id ${prefix}.`);
    const answer = await whyWaiting(queue, line);
    if (options.json) printJson(document(line, answer));
    else print(inWords(answer));
    return EXIT.ok;
  });
}

function inWords({ state, owner, waiting, nowMs }: WaitingAnswer): string {
  if (!waiting) return notWaitingWords(state, owner);
  const lines = [waitingWords(waiting)];
  for (const { kind } of waiting.reasons) if (REMEDIES[kind]) lines.push(REMEDIES[kind]);
  const workers = byNearness(waiting.workers);
  const width = Math.max(...workers.map(({ worker }) => visible(worker.name).length));
  for (const verdict of workers.slice(0, MOST_NAMED)) {
    const name = visible(verdict.worker.name).padEnd(width);
    lines.push(`  ${name}  ${verdictWords(verdict, nowMs)}`);
  }
  const more = workers.length - MOST_NAMED;
  if (more > 0) lines.push(`  … and ${number(more)} more`);
  return lines.join('\n');
}

function document(line: string, { state, waiting, nowMs }: WaitingAnswer): object {
  const workerOf = (one: WorkerVerdict) => ({
    name: one.worker.name,
    why: one.verdict,
    words: verdictWords(one, nowMs),
    freeGb: one.room.memoryGb ?? null,
    freeCores: one.room.cores ?? null,
  });
  return {
    id: taskId(line),
    task: line,
    state,
    reasons: (waiting?.reasons ?? []).map(reason => ({
      reason: reason.kind,
      words: reasonWords(reason),
      outlook: outlookWords(reason) ?? null,
    })),
    workers: byNearness(waiting?.workers ?? []).map(workerOf),
  };
}
