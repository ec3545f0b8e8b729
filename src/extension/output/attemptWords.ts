/** Attempts in words, the same in tooltips, lists and output documents. */
import { l10n } from 'vscode';
import { type AttemptRecord, outcome } from '../../queue/attempt';
import type { TaskDetails } from '../../queue/details';
import { clockTime, took, visible } from '../../tasks/words';

/** `Attempt 2 · node4~1 · exit 1 · 4.2 s · 3 min ago`. `now`: milliseconds, Redis time. */
export function attemptWords(attempt: AttemptRecord, now: number): string {
  return [l10n.t('Attempt {0}', attempt.number), ...endingWords(attempt, now)].join(' · ');
}

/** `node4~1`, `exit 1`, `4.2 s`, `3 min ago`. */
export function endingWords(attempt: AttemptRecord, now: number): string[] {
  return [
    visible(attempt.worker),
    visible(outcome(attempt)),
    took(attempt.end - attempt.start),
    when(attempt.end, now),
  ];
}

/** The time of day, since a duration would change every second: `running on node4~1 since 14:02:10`. */
export function runningWords({ worker, startedAt = 0 }: TaskDetails): string {
  const since = new Date(startedAt).toTimeString().slice(0, 8);
  return l10n.t('running on {0} since {1}', visible(worker ?? ''), since);
}

/** Times of day only for what is older than an hour. */
function when(time: number, now: number): string {
  const ago = now - time;
  if (ago < 60_000) return l10n.t('just now');
  if (ago < 3_600_000) return l10n.t('{0} min ago', Math.floor(ago / 60_000));
  return clockTime(time, now);
}
