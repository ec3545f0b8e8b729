import type { TaskFileEntry } from '../tasks/file';
import type { Problem, Task } from '../tasks/task';
import type { SubmitCounts } from '../tasks/words';
import type { Queue } from './queue';
import { type SubmitVerdict, submit } from './submit';

const CHUNK_TASKS = 1000;

export interface SubmissionListener {
  /** A line that is no task: the others go on. */
  onProblem(lineNumber: number, problem: Problem): void;
  /** A task, with what the queue said of it. */
  onSubmitted?(task: Task, lineNumber: number, verdict: SubmitVerdict): void;
  /** After each chunk: how many lines were read so far. */
  onProgress?(lines: number): void;
  /** True ends the submission early; what was submitted until then stays. */
  isCancelled?(): boolean;
}

/**
 * Submits the tasks of a file as they are read, a chunk at a time: a file of a million lines takes no
 * more memory than one chunk.
 *
 * @throws what reading the entries throws, or Redis
 */
export async function submitFile(
  queue: Queue,
  entries: AsyncIterable<TaskFileEntry>,
  listener: SubmissionListener,
): Promise<SubmitCounts> {
  const counts: SubmitCounts = { added: 0, retried: 0, already: 0, problems: 0 };
  let chunk: { task: Task; lineNumber: number }[] = [];
  let lines = 0;
  const flush = async () => {
    const verdicts = await submit(
      queue,
      chunk.map(({ task }) => task.line),
    );
    for (const [index, verdict] of verdicts.entries()) {
      const entry = chunk[index];
      if (!entry) break;
      counts[verdict === 'added' || verdict === 'retried' ? verdict : 'already'] += 1;
      listener.onSubmitted?.(entry.task, entry.lineNumber, verdict);
    }
    chunk = [];
    listener.onProgress?.(lines);
  };
  for await (const entry of entries) {
    if (listener.isCancelled?.()) return counts;
    lines = entry.lineNumber;
    if ('problem' in entry) {
      counts.problems += 1;
      listener.onProblem(entry.lineNumber, entry.problem);
      continue;
    }
    chunk.push(entry);
    if (chunk.length >= CHUNK_TASKS) await flush();
  }
  if (chunk.length > 0 && !listener.isCancelled?.()) await flush();
  return counts;
}
