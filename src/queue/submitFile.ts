import type { TaskFileEntry } from '../tasks/file';
import type { Problem, Task } from '../tasks/task';
import { noCounts, type SubmitCounts } from '../tasks/words';
import { chunksOf } from './chunks';
import { settle } from './looks';
import type { Queue } from './queue';
import { announceQueue, type SubmitVerdict, submission, verdictOf } from './submit';

const TASKS_READ_AHEAD = 1000;

export interface SubmissionListener {
  /** A line that is no task: the others go on. */
  onProblem(lineNumber: number, problem: Problem): void;
  /**
   * A task, with what the queue said of it. In the order of the file, but for tasks that an original
   * moved meanwhile: those come later.
   */
  onSubmitted?(task: Task, lineNumber: number, verdict: SubmitVerdict): void;
  /** After each chunk: number of the last line that is done. */
  onProgress?(lines: number): void;
  /** True ends the submission early; what was submitted until then stays. */
  isCancelled?(): boolean;
}

/** A task and where it stands in its file. */
export interface Placed {
  task: Task;
  lineNumber: number;
}

/**
 * Submits the tasks of a file as they are read, a chunk at a time: a file of a million lines takes no
 * more memory than one chunk. While an original is alive it is 64 chunks, which wait for their second
 * look.
 *
 * @throws what reading the entries throws, or Redis
 */
export async function submitFile(
  queue: Queue,
  entries: AsyncIterable<TaskFileEntry>,
  listener: SubmissionListener,
): Promise<SubmitCounts> {
  const counts = noCounts();
  let lines = 0;
  await announceQueue(queue);
  const tasks = taskChunks(entries, listener, counts);
  for await (const chunk of settle(queue, tasks, lineOf, submission(queue))) {
    for (const { item, letter } of chunk.settled) {
      const { task, lineNumber } = item;
      const verdict = verdictOf(letter);
      counts[countedAs(verdict)] += 1;
      if (chunk.besideOriginal && verdict !== 'finished') countForOriginals(counts, task);
      lines = Math.max(lines, lineNumber);
      listener.onSubmitted?.(task, lineNumber, verdict);
    }
    listener.onProgress?.(lines);
    if (listener.isCancelled?.()) break;
  }
  return counts;
}

export const lineOf = ({ task }: Placed): string => task.line;

/** The tasks among the entries of a file, in chunks. None of a chunk that was cut off by cancelling. */
export async function* taskChunks(
  entries: AsyncIterable<TaskFileEntry>,
  listener: Pick<SubmissionListener, 'onProblem' | 'isCancelled'>,
  counts: { problems: number },
): AsyncGenerator<Placed[]> {
  let read: Placed[] = [];
  for await (const entry of entries) {
    if (listener.isCancelled?.()) return;
    if ('problem' in entry) {
      counts.problems += 1;
      listener.onProblem(entry.lineNumber, entry.problem);
      continue;
    }
    read.push(entry);
    if (read.length < TASKS_READ_AHEAD) continue;
    yield* chunksOf(read, lineOf);
    read = [];
  }
  if (!listener.isCancelled?.()) yield* chunksOf(read, lineOf);
}

function countedAs(verdict: SubmitVerdict): 'added' | 'retried' | 'already' | 'unsettled' {
  switch (verdict) {
    case 'todo':
    case 'in_progress':
    case 'finished':
      return 'already';
    default:
      return verdict;
  }
}

/** What an original may take as well, and does not run as we do. */
export function countForOriginals(counts: SubmitCounts, { type, line }: Task): void {
  if (type === 'shell' || line.split(':').length !== 5) return;
  counts[type === 'python' ? 'pythonBesideOriginal' : 'demoBesideOriginal'] += 1;
}
