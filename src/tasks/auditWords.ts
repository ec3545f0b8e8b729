/** What an audit of a task file found, in words that terminal and editor share. */
import { number, plural } from './words';

interface AuditedCounts {
  todo: number;
  in_progress: number;
  failed: number;
  finished: number;
  unsettled: number;
  lost: number;
}

/** `1,240 tasks · 1,236 finished · 4 in no state`. */
export function audited(counts: AuditedCounts): string {
  const states = [
    [counts.todo, 'to do'],
    [counts.in_progress, 'in progress'],
    [counts.failed, 'failed'],
    [counts.finished, 'finished'],
    [counts.unsettled, 'being moved by an original'],
    [counts.lost, 'in no state'],
  ] as const;
  const tasks = states.reduce((sum, [count]) => sum + count, 0);
  const parts = states
    .filter(([count]) => count > 0)
    .map(([count, is]) => `${number(count)} ${is}`);
  return [plural(tasks, 'task'), ...parts].join(' · ');
}

/** `4 will never run`. */
export const neverRun = (count: number): string => `${number(count)} will never run`;

/** `4 were submitted again.` */
export const submittedAgain = (count: number): string =>
  `${number(count)} ${count === 1 ? 'was' : 'were'} submitted again.`;
