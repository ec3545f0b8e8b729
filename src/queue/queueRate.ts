/** How fast the tasks of a queue end, and when the last will, from what `overview` reads now and then. Pure. */
import { EndMeter, type Estimate, type Moment } from '../tasks/estimate';
import { RateMeter } from '../tasks/rate';
import type { Overview } from './overview';

export class QueueRate {
  #meter = new RateMeter();
  #end = new EndMeter();
  #ended = 0;
  #last: Overview | undefined;

  /** `ms`: of a monotonic clock. */
  record(ms: number, now: Overview): void {
    const last = this.#last;
    this.#last = now;
    // The time in which nothing could run says nothing about speed.
    if (standsStill(now)) {
      this.#meter = new RateMeter();
      this.#end = new EndMeter();
      return;
    }
    const news = last ? endedBetween(last, now) : this.#recordPast(ms, now);
    this.#ended += news.ended;
    this.#meter.record(ms, this.#ended);
    this.#end.record({ ms, ...news, ...standing(now) });
  }

  /** Tasks a second; undefined while it cannot be known. */
  perSecond(): number | undefined {
    const rate = this.#meter.perSecond();
    return rate > 0 ? rate : undefined;
  }

  /** When the last task ends; undefined while it cannot be known. */
  left(): Estimate | undefined {
    return this.#end.estimate();
  }

  /** So that someone who begins to look in the midst of a run need not wait for two ends. */
  #recordPast(ms: number, now: Overview): News {
    const { endedLastMinute, endedThisMinute, secondsOfThisMinute, besideOriginal } = now.progress;
    // Of a minute in which it began, or of what originals do, too little is known.
    if (endedLastMinute === 0 || besideOriginal) return { ended: 0, tookMs: 0 };
    const began = ms - (secondsOfThisMinute + 60) * 1000;
    this.#meter.record(began, 0);
    // As many lanes as now were busy then, as far as is known.
    this.#end.record({ ms: began, ended: 0, tookMs: 0, ...standing(now) });
    const { millisecondsLastMinute, millisecondsThisMinute } = now.progress;
    return {
      ended: endedLastMinute + endedThisMinute,
      tookMs: millisecondsLastMinute + millisecondsThisMinute,
    };
  }
}

type News = Pick<Moment, 'ended' | 'tookMs'>;
type Standing = Pick<Moment, 'todo' | 'inProgress' | 'lanes'>;

function standing({ counts, lanes, progress }: Overview): Standing {
  const { todo, inProgress } = counts;
  // What originals have in progress runs on none of these.
  return { todo, inProgress, lanes: progress.besideOriginal ? undefined : lanes?.all };
}

/** Originals take no notice of a pause, but end when the queue is closed. */
function standsStill({ counts, progress }: Overview): boolean {
  const { todo, inProgress, workers, paused, closed } = counts;
  if (inProgress > 0) return false;
  return todo === 0 || closed || (!progress.besideOriginal && (workers === 0 || paused));
}

/** An original counts nothing, but what it finishes is in the hash with all the rest. */
function endedBetween(last: Overview, now: Overview): News {
  if (last.progress.mark !== now.progress.mark) return { ended: 0, tookMs: 0 };
  const ours = Math.max(0, now.progress.ended - last.progress.ended);
  if (!now.progress.besideOriginal) return { ended: ours, tookMs: tookBetween(last, now) };
  const all = Math.max(ours, now.counts.finished - last.counts.finished);
  return { ended: all, tookMs: undefined };
}

/** Minutes keep it, and the last two of them are read. */
function tookBetween(
  { progress: last }: Overview,
  { progress: now }: Overview,
): number | undefined {
  const { millisecondsThisMinute: so, millisecondsLastMinute: before } = now;
  if (now.minute === last.minute) return Math.max(0, so - last.millisecondsThisMinute);
  if (now.minute === last.minute + 1) return Math.max(0, before - last.millisecondsThisMinute) + so;
  return undefined;
}
