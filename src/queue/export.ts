import { type ExportedTask, type ExportFormat, exportHead, exportRecord } from '../tasks/exported';
import { parseTask, taskId } from '../tasks/task';
import { type AttemptRecord, CANCELLED, outcome, parseAttempt, wasCancelled } from './attempt';
import type { Counts } from './counts';
import { parseResult, parseStarted, parseText } from './details';
import { linesIn } from './lines';
import type { Queue } from './queue';
import { asArray } from './reply';
import { runScript, scripts } from './script';
import { SeenLines } from './seenLines';
import type { TaskState } from './states';

/** Which tasks are exported. */
export type Exported = TaskState | 'all';

/** All tasks of some states, and others by their lines. */
export interface SomeTasks {
  states: readonly TaskState[];
  lines: readonly string[];
}

/** In the order in which tasks go through them: one that moves on meanwhile is not missed. */
const STATES: readonly TaskState[] = ['todo', 'in_progress', 'failed', 'finished'];

/** So many results and records are held at a time: a few megabytes. */
const TASKS_A_READ = 200;

/** Results and reasons are cut when they are kept, not here. */
const WHOLE = 1 << 29;

/** How many tasks an export is about. */
export function exportedCount(counts: Counts, which: Exported): number {
  const of = {
    todo: counts.todo,
    in_progress: counts.inProgress,
    failed: counts.failed,
    finished: counts.finished,
  };
  return which === 'all' ? of.todo + of.in_progress + of.failed + of.finished : of[which];
}

/**
 * Tasks with their results as the text of a file, a part at a time, in no order. A task is there once, as
 * it was when it was read: the queue goes on meanwhile.
 *
 * @param onTasks called with the number of tasks in each part, when the part has been taken
 */
export async function* exportText(
  queue: Queue,
  which: Exported | SomeTasks,
  format: ExportFormat,
  onTasks: (count: number) => void = () => undefined,
): AsyncGenerator<string> {
  const head = exportHead(format);
  if (head !== '') yield head;
  for await (const tasks of exportedTasks(queue, which)) {
    yield tasks.map(task => exportRecord(task, format)).join('');
    onTasks(tasks.length);
  }
}

/** The tasks themselves, some at a time. */
export async function* exportedTasks(
  queue: Queue,
  which: Exported | SomeTasks,
): AsyncGenerator<ExportedTask[]> {
  const seen = new SeenLines();
  const states = STATES.filter(state => isOfAll(which, state));
  const named = new Set(typeof which === 'string' ? [] : which.lines);
  for await (const lines of linesOf(queue, states, named)) {
    for (const some of groupsOf(lines)) {
      const tasks = await readTasks(queue, some);
      const meant = tasks.filter(({ task, state }) => named.has(task) || states.includes(state));
      const fresh = meant.filter(({ task }) => seen.isFirst(task));
      if (fresh.length > 0) yield fresh;
    }
  }
}

function isOfAll(which: Exported | SomeTasks, state: TaskState): boolean {
  return typeof which === 'string'
    ? which === 'all' || which === state
    : which.states.includes(state);
}

async function* linesOf(
  queue: Queue,
  states: readonly TaskState[],
  named: ReadonlySet<string>,
): AsyncGenerator<string[]> {
  for (const state of states) yield* linesIn(queue, state);
  yield [...named];
}

function* groupsOf(lines: readonly string[]): Generator<string[]> {
  for (let first = 0; first < lines.length; first += TASKS_A_READ) {
    yield lines.slice(first, first + TASKS_A_READ);
  }
}

async function readTasks(queue: Queue, lines: readonly string[]): Promise<ExportedTask[]> {
  const answer = asArray(await runScript(queue, scripts.rows, [WHOLE, ...lines]));
  return answer.flatMap((value, i) => {
    const [state = '', text = '', record = '', , entry = ''] = asArray(value).map(String);
    const line = lines[i] ?? '';
    if (state === 'absent') return [];
    return [exportedTask(line, state as TaskState, text, parseAttempt(record), entry)];
  });
}

function exportedTask(
  line: string,
  state: TaskState,
  text: string,
  last: AttemptRecord | undefined,
  entry: string,
): ExportedTask {
  const parsed = parseTask(line);
  const base = {
    id: taskId(line),
    state,
    task: line,
    command: 'task' in parsed ? parsed.task.command : '',
    attempt: last?.number,
  };
  switch (state) {
    case 'todo':
      return base;
    case 'in_progress':
      return { ...base, worker: text, start: time(parseStarted(entry)) };
    case 'finished': {
      const result = parseResult(text);
      return { ...base, ...ended(last), worker: result.worker, result: result.text };
    }
    case 'failed':
      return failedTask(base, last, parseText(text));
  }
}

/** One that was cancelled while it waited has no attempt that tells of its end. */
function failedTask(
  base: ExportedTask,
  last: AttemptRecord | undefined,
  reason: string,
): ExportedTask {
  if (!last?.cancelled && wasCancelled(last, reason)) {
    return { ...base, outcome: CANCELLED, reason };
  }
  return { ...base, ...ended(last), reason };
}

function ended(last: AttemptRecord | undefined): Partial<ExportedTask> {
  if (!last) return {};
  const { exit, signal, peakMb, cpuSeconds } = last;
  return {
    worker: last.worker,
    outcome: outcome(last),
    ...{ exit, signal },
    ...{ start: time(last.start), end: time(last.end), seconds: (last.end - last.start) / 1000 },
    ...{ peak_mb: peakMb, cpu_seconds: cpuSeconds },
  };
}

/** Undefined for what is no time: whoever can write to Redis may have written it. */
function time(milliseconds: number | undefined): string | undefined {
  const date = new Date(milliseconds ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
