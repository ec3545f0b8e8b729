/** How the queue stands, as last read, and how fast it gets on. */
import { isDeepStrictEqual } from 'node:util';
import type { Overview } from '../../queue/overview';
import { QueueRate } from '../../queue/queueRate';
import type { Estimate } from '../../tasks/estimate';
import { leftWithRange } from '../../tasks/paceWords';
import { formatPace, type PaceParts, paceParts, roughly } from '../../tasks/rate';
import { lasting } from '../../tasks/words';

/** How fast the queue gets on, in words. */
export interface Speed {
  /** `120/s · about 6 min left`, or what stops it. Empty when there is nothing to do. */
  pace: string;
  /** `6 min`; undefined while it cannot be known. */
  left: string | undefined;
  /** What `pace` is made of. */
  parts: PaceParts;
  /** `about 6 min left (5–8)`; undefined while it cannot be known. */
  leftWithRange: string | undefined;
}

const NOT_KNOWN: Speed = {
  pace: '',
  left: undefined,
  parts: { stopped: [] },
  leftWithRange: undefined,
};

export class Standing {
  #overview: Overview | undefined;
  #rate = new QueueRate();
  #speed = NOT_KNOWN;

  get overview(): Overview | undefined {
    return this.#overview;
  }

  get speed(): Speed {
    return this.#speed;
  }

  /** `ms`: when it was read, of a monotonic clock. Tells whether anything is new that is shown. */
  note(ms: number, overview: Overview): boolean {
    const before = [shown(this.#overview), this.#speed];
    this.#overview = overview;
    this.#rate.record(ms, overview);
    this.#speed = speedOf(overview, this.#rate.perSecond(), this.#rate.left());
    return !isDeepStrictEqual([shown(overview), this.#speed], before);
  }

  forget(): void {
    this.#overview = undefined;
    this.#rate = new QueueRate();
    this.#speed = NOT_KNOWN;
  }
}

function speedOf(
  { counts, progress }: Overview,
  perSecond: number | undefined,
  estimate: Estimate | undefined,
): Speed {
  // Whether an original still works cannot be told from its status: it may.
  const workers = Math.max(counts.workers, progress.besideOriginal ? 1 : 0);
  const remaining = counts.todo + counts.inProgress;
  const pace = { ...counts, workers, remaining, perSecond };
  const goesOn = perSecond !== undefined && !counts.paused && !counts.closed;
  const end = goesOn ? estimate : undefined;
  return {
    pace: formatPace({ ...pace, leftMs: end?.ms }),
    left: end && lasting(roughly(end.ms)),
    parts: paceParts(pace),
    leftWithRange: end && leftWithRange(end),
  };
}

/** What the speed is reckoned from changes with every second, and is not shown. */
function shown(overview: Overview | undefined): Omit<Overview, 'progress'> | undefined {
  if (!overview) return undefined;
  const { progress: _, ...rest } = overview;
  return rest;
}
