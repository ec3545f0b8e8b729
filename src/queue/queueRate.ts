/** How fast the tasks of a queue end, from what `overview` reads now and then. Pure. */
import { RateMeter } from '../tasks/rate';
import type { Overview } from './overview';

export class QueueRate {
  #meter = new RateMeter();
  #ended = 0;
  #last: Overview | undefined;

  /** `ms`: of a monotonic clock. */
  record(ms: number, now: Overview): void {
    const last = this.#last;
    this.#last = now;
    // The time in which nothing could run says nothing about speed.
    if (standsStill(now)) {
      this.#meter = new RateMeter();
      return;
    }
    if (last) this.#ended += endedBetween(last, now);
    else this.#recordPast(ms, now);
    this.#meter.record(ms, this.#ended);
  }

  /** Tasks a second; undefined while it cannot be known. */
  perSecond(): number | undefined {
    const rate = this.#meter.perSecond();
    return rate > 0 ? rate : undefined;
  }

  /** So that someone who begins to look in the midst of a run need not wait for two ends. */
  #recordPast(ms: number, { progress }: Overview): void {
    const { endedLastMinute, endedThisMinute, secondsOfThisMinute, besideOriginal } = progress;
    // Of a minute in which it began, or of what originals do, too little is known.
    if (endedLastMinute === 0 || besideOriginal) return;
    this.#meter.record(ms - (secondsOfThisMinute + 60) * 1000, 0);
    this.#ended = endedLastMinute + endedThisMinute;
  }
}

/** Originals take no notice of a pause, but end when the queue is closed. */
function standsStill({ counts, progress }: Overview): boolean {
  const { todo, inProgress, workers, paused, closed } = counts;
  if (inProgress > 0) return false;
  return todo === 0 || closed || (!progress.besideOriginal && (workers === 0 || paused));
}

/** An original counts nothing, but what it finishes is in the hash with all the rest. */
function endedBetween(last: Overview, now: Overview): number {
  if (last.progress.mark !== now.progress.mark) return 0;
  const ours = Math.max(0, now.progress.ended - last.progress.ended);
  if (!now.progress.besideOriginal) return ours;
  return Math.max(ours, now.counts.finished - last.counts.finished);
}
