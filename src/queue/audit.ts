import type { TaskFileEntry } from '../tasks/file';
import { fileStates } from './fileStates';
import type { Queue } from './queue';
import type { TaskState } from './states';
import { submit } from './submit';
import type { Placed, SubmissionListener } from './submitFile';

/** How many lines of a file are in which state; a line that comes twice counts twice. */
export interface AuditCounts extends Record<TaskState, number> {
  /** In no state: an original that died between two commands has lost it, or it was never submitted. */
  lost: number;
  /** On their way between two states, by an original. */
  unsettled: number;
  /** Lines that are no task. */
  problems: number;
}

export interface AuditListener
  extends Pick<SubmissionListener, 'onProblem' | 'onProgress' | 'isCancelled'> {
  /** Some that are in no state, in the order of the file. The audit goes on when it has ended. */
  onLost(tasks: readonly Placed[]): Promise<void> | void;
}

/**
 * Compares a task file with the queue as it is read, a chunk at a time. While an original is alive, only
 * a line that two looks found nowhere is lost.
 *
 * @throws what reading the entries throws, or Redis
 */
export async function audit(
  queue: Queue,
  entries: AsyncIterable<TaskFileEntry>,
  listener: AuditListener,
): Promise<AuditCounts> {
  const counts: AuditCounts = {
    ...{ todo: 0, in_progress: 0, finished: 0, failed: 0 },
    ...{ lost: 0, unsettled: 0, problems: 0 },
  };
  let lines = 0;
  for await (const { found } of fileStates(queue, entries, listener, counts)) {
    for (const { state, lineNumber } of found) {
      counts[state === 'absent' ? 'lost' : state] += 1;
      lines = Math.max(lines, lineNumber);
    }
    const lost = found.filter(({ state }) => state === 'absent');
    if (lost.length > 0) await listener.onLost(lost);
    listener.onProgress?.(lines);
  }
  return counts;
}

/** Puts lost tasks into the queue again. Answers how many are there now. */
export async function submitLost(queue: Queue, lost: readonly Placed[]): Promise<number> {
  const verdicts = await submit(
    queue,
    lost.map(({ task }) => task.line),
  );
  return verdicts.filter(verdict => verdict !== 'unsettled').length;
}
