/** From a task file into the queue, in chunks. */
import type { Queue } from '../queue/queue';
import { type SubmitVerdict, submit } from '../queue/submit';
import type { Task } from '../tasks/task';
import type { SubmitCounts } from '../tasks/words';
import { ProblemReport, type TaskInput } from './taskInput';

/** A task of the input, with what the queue said of it. */
export type OnSubmitted = (task: Task, lineNumber: number, verdict: SubmitVerdict) => void;

export interface Submission {
  counts: SubmitCounts;
  report: ProblemReport;
}

const CHUNK = 1000;

/** Goes on over lines that are no tasks, saying them; ends early when `signal` says so. */
export async function submitInput(
  queue: Queue,
  input: TaskInput,
  onSubmitted: OnSubmitted = () => undefined,
  signal?: AbortSignal,
): Promise<Submission> {
  const report = new ProblemReport(input.name);
  const counts = { added: 0, retried: 0, already: 0, problems: 0 };
  let chunk: { task: Task; lineNumber: number }[] = [];
  const flush = async () => {
    const verdicts = await submit(
      queue,
      chunk.map(({ task }) => task.line),
    );
    for (const [index, { task, lineNumber }] of chunk.entries()) {
      const verdict = verdicts[index] ?? 'todo';
      const isNew = verdict === 'added' || verdict === 'retried';
      counts[isNew ? verdict : 'already'] += 1;
      onSubmitted(task, lineNumber, verdict);
    }
    chunk = [];
  };
  for await (const entry of input.entries()) {
    if (signal?.aborted) break;
    if ('problem' in entry) report.add(entry.lineNumber, entry.problem);
    else chunk.push(entry);
    if (chunk.length >= CHUNK) await flush();
  }
  if (chunk.length > 0 && !signal?.aborted) await flush();
  report.sayRest();
  counts.problems = report.count;
  return { counts, report };
}
