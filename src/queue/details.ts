import { taskId } from '../tasks/task';
import { type AttemptRecord, parseAttempts } from './attempt';
import type { Queue } from './queue';
import { asArray, asString } from './reply';
import { scanTasks } from './scan';
import { runScript, scripts } from './script';
import type { TaskState } from './states';

/** Everything that is known of one task. */
export interface TaskDetails {
  line: string;
  id: string;
  state: TaskState | 'absent';
  /** Who has it in progress, or who finished it. */
  worker?: string;
  /** While it runs: ms, Redis time. */
  startedAt?: number;
  /** Newest first. */
  attempts: AttemptRecord[];
  /** What it printed, as far as it is kept in Redis. */
  result?: string;
  /** Standard error of its last failure, as far as it is kept in Redis. */
  reason?: string;
  losses: number;
  /** Memory it must have, over what its line says. */
  needMemoryGb?: number;
  /** One worker an attempt that failed. */
  failedOn: string[];
}

export async function details(queue: Queue, line: string): Promise<TaskDetails> {
  const answer = asArray(await runScript(queue, scripts.details, [line])).map(asString);
  const [state = '', owner, finished, reason, failedOn = '', attempts = '', losses] = answer;
  const [need, entry = ''] = [answer[7], answer[9]];
  const result = finished ? parseResult(finished) : undefined;
  const worker = owner || result?.worker;
  const startedAt = parseStarted(entry);
  return {
    line,
    id: taskId(line),
    state: state as TaskState | 'absent',
    ...(worker ? { worker } : {}),
    ...(startedAt ? { startedAt } : {}),
    attempts: parseAttempts(attempts).reverse(),
    ...(result ? { result: result.text } : {}),
    ...(reason ? { reason: parseText(reason) } : {}),
    losses: Number(losses),
    ...(need ? { needMemoryGb: Number.parseFloat(need) } : {}),
    failedOn: failedOn.split(',').filter(name => name !== ''),
  };
}

/** `WORKER: JSON(standard output)`, as the original writes it too. */
export function parseResult(value: string): { worker: string; text: string } {
  const colon = value.indexOf(': ');
  return colon < 0
    ? { worker: '', text: value }
    : { worker: value.slice(0, colon), text: parseText(value.slice(colon + 2)) };
}

/**
 * JSON of a text, or the beginning of one; what is no JSON (the original's `stdout is too large`)
 * stands for itself.
 */
export function parseText(value: string): string {
  const text = parseJson(value) ?? parseJson(`${BEGINNING.exec(value)?.[0]}"`);
  return typeof text === 'string' ? text.replace(/\p{Cs}$/u, '') : value;
}

/** A JSON string that was cut, up to its last whole character. */
const BEGINNING = /^"(?:[^"\\\uFFFD]|\\u[\da-f]{4}|\\[^u])*/i;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** When an owned entry (`seq:started`) started, undefined while it is buffered. */
export function parseStarted(entry: string): number | undefined {
  const started = Number(entry.split(':')[1] ?? 0);
  return started > 0 ? started : undefined;
}

/**
 * The line of the task whose id begins so. Ids are not indexed: this looks through the hashes in
 * steps, where failed and running tasks are likely first.
 */
export async function findTask(queue: Queue, idPrefix: string): Promise<string | undefined> {
  const { keys } = queue;
  const hashes = [
    keys.failed,
    keys.ownFailed,
    keys.inProgress,
    keys.ownInProgress,
    keys.todo,
    keys.ownTodo,
    keys.finished,
  ];
  for (const hash of hashes) {
    for await (const tasks of scanTasks(queue, hash)) {
      const found = tasks.find(({ line }) => taskId(line).startsWith(idPrefix));
      if (found) return found.line;
    }
  }
  return undefined;
}
