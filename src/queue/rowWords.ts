/** What a list says of one task, the same in terminal and editor. */
import { parseTask } from '../tasks/task';
import { lasting, plural, shorten, visible } from '../tasks/words';
import type { PageRow } from './pages';
import type { TaskState } from './states';

const REASON_LENGTH = 80;

/** What a person recognises a task by; written by someone else. */
export function commandOf(line: string): string {
  const parsed = parseTask(line);
  return 'task' in parsed ? parsed.task.command.trim() : line;
}

/** What matters about a task in its state. `now`: milliseconds, Redis time. */
export function describeRow(state: TaskState, row: PageRow, now: number): string {
  const attempts = row.attempts ? plural(row.attempts, 'attempt') : '';
  const reason = visible(shorten(row.reason ?? '', REASON_LENGTH));
  const parts = {
    todo: [row.waitingForRetry ? 'waiting for another attempt' : '', reason],
    in_progress: [visible(row.worker ?? ''), runningFor(row, now)],
    failed: [reason, attempts],
    finished: [visible(shorten(row.result ?? '', REASON_LENGTH))],
  }[state];
  return parts.filter(Boolean).join(' · ');
}

function runningFor(row: PageRow, now: number): string {
  if (isBuffered(row)) return 'buffered';
  return row.startedAt === undefined ? '' : lasting(now - row.startedAt);
}

/** Claimed and not started. A task of an original has no start that we know. */
export const isBuffered = ({ startedAt, worker = '' }: PageRow): boolean =>
  startedAt === undefined && worker.includes('~');
