/** `distcomp audit FILE`: which of its tasks are in no state, and so would never run. */
import { type AuditCounts, audit, submitLost } from '../../queue/audit';
import type { Queue } from '../../queue/queue';
import type { Placed } from '../../queue/submitFile';
import { audited, neverRun, submittedAgain } from '../../tasks/auditWords';
import { taskId } from '../../tasks/task';
import { number } from '../../tasks/words';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';
import { commandLabel } from '../run/summary';
import { openTaskFile, ProblemReport, type TaskInput } from '../taskInput';

export interface AuditOptions extends QueueOptions {
  submit?: true;
}

const MOST_SHOWN = 20;
const MOST_LISTED = 10_000;

/** Returns the exit code. */
export async function auditFile(path: string, options: AuditOptions): Promise<number> {
  const input = await openTaskFile(path);
  return withQueue(options, async ({ queue }) => {
    const found = await compare(queue, input, options);
    const { counts, submitted, listed, report } = found;
    if (options.json) {
      const { problems: notUnderstood, in_progress: inProgress, ...others } = counts;
      const tasks = listed.map(({ task, lineNumber }) => ({
        id: taskId(task.line),
        task: task.line,
        line: lineNumber,
      }));
      printJson({ ...others, inProgress, notUnderstood, submitted, tasks, problems: report.kept });
    } else {
      for (const { task, lineNumber } of listed.slice(0, MOST_SHOWN)) {
        print(`${path}:${lineNumber}: in no state: ${commandLabel(task.line)}`);
      }
      if (counts.lost > MOST_SHOWN) print(`… and ${number(counts.lost - MOST_SHOWN)} more`);
      print(inWords(found, path));
    }
    return counts.lost > submitted ? EXIT.tasksFailed : EXIT.ok;
  });
}

interface Comparison {
  counts: AuditCounts;
  /** Of the lost ones, how many are in the queue again. */
  submitted: number;
  /** The first of the lost ones. */
  listed: Placed[];
  report: ProblemReport;
}

async function compare(
  queue: Queue,
  input: TaskInput,
  { submit: again }: AuditOptions,
): Promise<Comparison> {
  const report = new ProblemReport(input.name);
  const listed: Placed[] = [];
  let submitted = 0;
  const counts = await audit(queue, input.entries(), {
    onProblem: (lineNumber, problem) => report.add(lineNumber, problem),
    onLost: async lost => {
      listed.push(...lost.slice(0, MOST_LISTED - listed.length));
      if (!again) return;
      submitted += await submitLost(queue, lost);
    },
  });
  report.sayRest();
  return { counts, submitted, listed, report };
}

/** `1,240 tasks · 1,236 finished · 4 failed`, and what to do about the lost ones. */
function inWords({ counts, submitted }: Comparison, path: string): string {
  const summary = audited(counts);
  if (counts.lost === 0) return summary;
  const left = counts.lost - submitted;
  if (left > 0) {
    return `${summary}\n${neverRun(left)}. Submit ${left === 1 ? 'it' : 'them'}: distcomp audit ${path} --submit`;
  }
  return `${summary}\n${submittedAgain(submitted)}`;
}
