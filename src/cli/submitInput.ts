/** From a task file into the queue; lines that are no tasks are said as they come. */
import type { Queue } from '../queue/queue';
import { type SubmissionListener, submitFile } from '../queue/submitFile';
import type { SubmitCounts } from '../tasks/words';
import { ProblemReport, type TaskInput } from './taskInput';

export interface Submission {
  counts: SubmitCounts;
  report: ProblemReport;
}

/** Ends early when `signal` says so. */
export async function submitInput(
  queue: Queue,
  input: TaskInput,
  onSubmitted: NonNullable<SubmissionListener['onSubmitted']> = () => undefined,
  signal?: AbortSignal,
): Promise<Submission> {
  const report = new ProblemReport(input.name);
  const counts = await submitFile(queue, input.entries(), {
    onProblem: (lineNumber, problem) => report.add(lineNumber, problem),
    onSubmitted,
    isCancelled: () => signal?.aborted === true,
  });
  report.sayRest();
  return { counts, report };
}
