/** The original's manager: each command is a strand, whose result is what it prints. */
import type { RedisConnection } from '../../../src/queue/connection';
import { hdel, hgetall, hkeys, hscan, hset, hvals } from './roundTrips';
import { type Command, type Steps, Strand } from './strand';
import { CLOSE_FIELD, isTaken, type OriginalTask, printTask, readTask } from './task';

export interface OriginalManagerOptions {
  /** Of `conf.json`: a worker is dead after 20 of these without a heartbeat. */
  healthReportInterval?: number;
  /** The clock of its host, in seconds. */
  now?: () => number;
}

export class OriginalManager {
  readonly #redis: RedisConnection;
  readonly #deadSeconds: number;
  readonly #now: () => number;

  constructor(
    redis: RedisConnection,
    { healthReportInterval = 2, now = () => Date.now() / 1000 }: OriginalManagerOptions = {},
  ) {
    this.#redis = redis;
    this.#deadSeconds = healthReportInterval * 20;
    this.#now = now;
  }

  /** `initRedis`: everything goes, in every database. */
  initRedis(): Strand {
    return this.#strand(
      (function* () {
        yield ['FLUSHALL'];
      })(),
    );
  }

  /** `loadTask`, for the text of a task file. */
  loadTask(file: string): Strand<string> {
    return this.#strand(this.#load(file));
  }

  /** `checkTask`, with all of its sections. */
  checkTask(): Strand<string> {
    return this.#strand(checkTask());
  }

  /** `checkWorker`. */
  checkWorker(): Strand<string> {
    return this.#strand(checkWorker(this.#now));
  }

  /** `cleanup`: forgets workers without a heartbeat and moves what they run to todo. */
  cleanup(): Strand {
    return this.#strand(cleanup(this.#now, this.#deadSeconds));
  }

  /** `removeFinishedTask`. */
  removeFinishedTask(): Strand {
    return this.#strand(removeAll('finished_tasks'));
  }

  /** `moveInProgressTaskToTodo`: all of them, whoever runs them and wherever else they stand. */
  moveInProgressTaskToTodo(): Strand {
    return this.#strand(moveToTodo('in_progress_tasks'));
  }

  /** `moveFailedTaskToTodo`: those that wait or run again included. */
  moveFailedTaskToTodo(): Strand {
    return this.#strand(
      (function* () {
        yield* moveToTodo('failed_tasks');
        yield* removeAll('task_fail_reason');
      })(),
    );
  }

  /** It has no command for this: people set the field by hand. */
  close(): Strand {
    return this.#strand(
      (function* () {
        yield* hset('todo_tasks', CLOSE_FIELD, '');
      })(),
    );
  }

  #strand<T>(steps: Steps<T>): Strand<T> {
    return new Strand(this.#redis, steps);
  }

  /** It never looks at `failed_tasks`, and adds by what it read before. */
  *#load(file: string): Steps<string> {
    const { lines, refused } = readFile(file);
    const finished = yield* hgetall('finished_tasks');
    const inProgress = yield* hgetall('in_progress_tasks');
    const missing = lines.filter(line => !finished.has(line) && !inProgress.has(line));
    const added = missing.length > 0 ? yield* addAll(missing) : 0;
    const time = new Date(this.#now() * 1000).toTimeString().slice(0, 8);
    return print([
      ...refused.map(line => `task format error: ${line}`),
      `${time}: INFO [redisManager.py:63]: \tload ${lines.length} tasks, add ${added} task`,
    ]);
  }
}

/** Its set of lines has no order; here they keep that of the file. */
function readFile(file: string): { lines: string[]; refused: string[] } {
  const refused: string[] = [];
  const lines = new Set<string>();
  for (const line of file.split(/\r\n|\r|\n/)) {
    if (line.startsWith('#') || line.trim().length <= 2) continue;
    if (isTaken(line)) lines.add(line);
    else refused.push(line);
  }
  return { lines: [...lines], refused };
}

function* addAll(lines: readonly string[]): Steps<number> {
  const command: Command = { transaction: lines.map(line => ['HSETNX', 'todo_tasks', line, '']) };
  const replies = yield command;
  return Array.isArray(replies) ? replies.reduce((sum, added) => sum + Number(added), 0) : 0;
}

function* moveToTodo(key: string): Steps {
  for (const line of yield* hkeys(key)) {
    yield* hdel(key, line);
    yield* hset('todo_tasks', line, '');
  }
}

function* removeAll(key: string): Steps {
  for (const line of yield* hkeys(key)) yield* hdel(key, line);
}

function* cleanup(now: () => number, deadSeconds: number): Steps {
  const dead = new Set<string>();
  for (const [worker, status] of yield* hscan('worker_status')) {
    if (now() - readStatus(status).seconds > deadSeconds) dead.add(worker);
  }
  for (const worker of dead) yield* hdel('worker_status', worker);
  const entries = yield* hscan('in_progress_tasks');
  for (const [line] of entries.filter(([, worker]) => dead.has(worker))) {
    yield* hdel('in_progress_tasks', line);
    yield* hset('todo_tasks', line, '');
  }
}

function* checkTask(): Steps<string> {
  const todo = yield* hgetall('todo_tasks');
  const inProgress = yield* hgetall('in_progress_tasks');
  const finished = yield* hgetall('finished_tasks');
  const failed = yield* hgetall('failed_tasks');
  const reasons = yield* hgetall('task_fail_reason');
  return print([
    `${todo.size} todo tasks, ${inProgress.size} in_progress tasks, ` +
      `${finished.size} finished tasks, ${failed.size} failed tasks\n`,
    heading('  todo task  '),
    ...[...todo.keys()].map(line => printTask(readTask(line))),
    heading('  in_progress task  '),
    ...withValues(inProgress),
    heading('  finished task  '),
    ...withValues(finished),
    heading('  failed task  '),
    ...withValues(failed),
    ...(reasons.size > 0 ? [heading('  task fail reason '), ...withValues(reasons)] : []),
  ]);
}

function withValues(hash: ReadonlyMap<string, string>): string[] {
  const printed = (task: OriginalTask, value: string) => `${printTask(task)}:         ${value}`;
  return [...hash].map(([line, value]) => printed(readTask(line), value));
}

function* checkWorker(now: () => number): Steps<string> {
  const running = countOf(yield* hvals('in_progress_tasks'));
  const finished = countOf((yield* hvals('finished_tasks')).map(beforeColon));
  const workers = [...(yield* hgetall('worker_status'))].sort(([a], [b]) => (a < b ? -1 : 1));
  const right = (values: (string | number)[]) =>
    values.map(value => String(value).padStart(12)).join(' ');
  return print([
    `  worker  last_update_from_now ${right([
      'cores_used',
      'cores_total',
      'mem_used (GB)',
      'mem_total (GB)',
      'n_current_task',
    ])} n_finished_tasks `,
    ...workers.map(([worker, status]) => {
      const { seconds, load } = readStatus(status);
      const age = Math.trunc(now() - seconds);
      const tasks = [running.get(worker) ?? 0, finished.get(worker) ?? 0];
      return `${worker.padEnd(12)} ${right([age, ...load, ...tasks])}`;
    }),
  ]);
}

/** @throws when it is not made of five fields, or the first is no whole number: a traceback. */
function readStatus(status: string): { seconds: number; load: string[] } {
  const [seconds = '', ...load] = status.split(':');
  if (load.length !== 4) throw new Error(`ValueError: ${load.length + 1} fields in ${status}`);
  if (!/^\s*[+-]?\d+\s*$/.test(seconds)) throw new Error(`ValueError: no integer: ${seconds}`);
  return { seconds: Number(seconds), load };
}

function beforeColon(result: string): string {
  return result.split(':')[0] ?? '';
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function heading(title: string): string {
  const bar = '#'.repeat(48);
  return `${bar}${title}${bar}`;
}

function print(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('');
}
