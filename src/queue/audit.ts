import type { TaskFileEntry } from '../tasks/file';
import { settle, UNSETTLED } from './looks';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';
import { ABSENT, STATES, type TaskState } from './states';
import { lineOf, type Placed, type SubmissionListener, taskChunks } from './submitFile';

/** How many lines of a file are in which state; a line that comes twice counts twice. */
export interface AuditCounts extends Record<TaskState, number> {
  /** In no state: an original that died between two commands has lost it, or it was never submitted. */
  lost: number;
  /** On their way between two states, by an original. */
  unsettled: number;
  /** Lines that are no task. */
  problems: number;
}

export interface AuditListener extends Pick<SubmissionListener, 'onProblem'> {
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
  const look = async (lines: string[], seen: string) => {
    const now = asString(await runScript(queue, scripts.states, lines));
    return Array.from(now, (letter, i) => (isMoving(letter, seen[i]) ? UNSETTLED : letter)).join(
      '',
    );
  };
  const tasks = taskChunks(entries, listener, counts);
  for await (const { settled } of settle(queue, tasks, lineOf, look)) {
    for (const { letter } of settled) counts[countedAs(letter)] += 1;
    const lost = settled.filter(({ letter }) => letter === ABSENT).map(({ item }) => item);
    if (lost.length > 0) await listener.onLost(lost);
  }
  return counts;
}

/** Nowhere now, and somewhere in the first look. */
const isMoving = (letter: string, before: string | undefined) =>
  letter === ABSENT && before !== undefined && before !== ABSENT;

function countedAs(letter: string): keyof AuditCounts {
  if (letter === UNSETTLED) return 'unsettled';
  return STATES[letter] ?? 'lost';
}
