/**
 * When the last task of a queue will end, and within which range. Pure: the caller says what time it is.
 *
 * Lanes work at once, so what is left of a queue is a body, in which all of them are busy, and a tail, in
 * which they run out of tasks. The body takes as many lane times as there are tasks, by Little's law the
 * time that lanes were busy for each task that ended; its error is that of a mean of as many draws as
 * have ended, and of as many as are left. Of the tail nobody knows how far its tasks are: what is left of
 * a running task is on average m(1 + c²)/2 (the paradox of inspection; m the mean of durations, c their
 * deviation by it), and the last of k such ends when the largest of k exponential draws does. Tasks that
 * have run for long will run for long (as of a Pareto law): the rest of a tail grows with its age.
 *
 * How often the end lies in the range is measured by test/unit/queue/estimatedEnd.test.ts.
 */
import { dropOld } from './rate';

export interface Estimate {
  ms: number;
  /** In nine of ten cases, about, it lies between these. */
  lowMs: number;
  highMs: number;
}

/** What a look at a queue tells. */
export interface Moment {
  ms: number;
  /** Tasks that ended since the last look. */
  ended: number;
  /** How long these ran, all together; undefined where it is not known. */
  tookMs: number | undefined;
  todo: number;
  inProgress: number;
  /** Undefined while not known. */
  lanes: number | undefined;
}

/** Below and above a range is one case in twenty. */
const NORMAL_95 = 1.645;
const PART_BELOW = 0.05;
/** Durations have heavier tails than exponential ones more often than lighter. */
const HEAVIER = 1.3;
/** What is left of a Pareto tail (of shape 1.5), by its age: in half of all cases, and in nine of ten. */
const AGE_MIDDLE = 0.5;
const AGE_MOST = 4;

interface Sample {
  ms: number;
  done: number;
  /** Summed over lanes, since the first look: how long they were there and busy, and what ended took. */
  laneMs: number;
  busyMs: number;
  tookMs: number;
}

/** Looks of one stretch of work; after a standstill another one is needed. */
export class EndMeter {
  readonly #samples: Sample[] = [];
  readonly #durations = new Durations();
  #last: Moment | undefined;
  #now: Sample = { ms: 0, done: 0, laneMs: 0, busyMs: 0, tookMs: 0 };
  /** Since when nothing was left to start. */
  #tailSince: number | undefined;

  record(moment: Moment): void {
    const { ms, ended, tookMs, todo } = moment;
    const before = this.#now;
    const sinceMs = this.#last ? ms - this.#last.ms : 0;
    const busyMs = this.#last ? busyLanes(this.#last) * sinceMs : 0;
    this.#now = {
      ms,
      done: before.done + ended,
      laneMs: before.laneMs + (this.#last?.lanes ?? 0) * sinceMs,
      busyMs: before.busyMs + busyMs,
      tookMs: before.tookMs + (tookMs ?? busyMs),
    };
    if (this.#last && tookMs !== undefined) this.#durations.add(ended, tookMs);
    this.#last = moment;
    this.#tailSince = todo > 0 ? undefined : (this.#tailSince ?? ms);
    if (ended > 0 || this.#samples.length === 0) this.#samples.push(this.#now);
    dropOld(this.#samples, this.#now);
  }

  /** Undefined while too little is known, and when nothing is left. */
  estimate(): Estimate | undefined {
    const [first] = this.#samples;
    if (!first || !this.#last) return undefined;
    const ended = this.#now.done - first.done;
    const remaining = this.#last.todo + this.#last.inProgress;
    if (ended === 0 || remaining === 0 || this.#now.busyMs <= first.busyMs) return undefined;
    const busyMs = this.#now.busyMs - first.busyMs;
    const lanes = this.#lanes(first, this.#last);
    const taskMs = busyMs / ended;
    // Of what runs since the first look nobody knows how much was before: that weighs as long as little ended.
    const endedMs = (this.#now.tookMs - first.tookMs) / ended;
    const other = (ended * taskMs + 2 * lanes * endedMs) / (ended + 2 * lanes);
    const lasting = { low: Math.min(taskMs, other), high: Math.max(taskMs, other) };
    const spread = this.#durations.spread();
    const last = Math.min(remaining, lanes);
    const body = bodyOf({ tasks: remaining - last, lanes, ended, spread }, lasting);
    const tail = tailOf({ tasks: last, ageMs: this.#age(), spread }, lasting);
    return {
      ms: body.ms + tail.ms,
      lowMs: body.lowMs + tail.lowMs,
      highMs: body.highMs + tail.highMs,
    };
  }

  /** How many run tasks from now on: as many as did; of lanes that came or went meanwhile the same part. */
  #lanes(first: Sample, last: Moment): number {
    if (this.#tailSince !== undefined) return busyLanes(last);
    const busyMs = this.#now.busyMs - first.busyMs;
    const laneMs = this.#now.laneMs - first.laneMs;
    if (last.lanes && laneMs > 0) return (last.lanes * busyMs) / laneMs;
    return busyMs / (this.#now.ms - first.ms);
  }

  #age(): number {
    return this.#tailSince === undefined ? 0 : this.#now.ms - this.#tailSince;
  }
}

/** A worker's buffer is in progress too, but runs on no lane. */
function busyLanes({ todo, inProgress, lanes }: Moment): number {
  const busy = lanes === undefined ? inProgress : Math.min(inProgress, lanes);
  // Of very short tasks none may be in progress at the moment of the look.
  return Math.max(busy, todo > 0 ? 1 : 0);
}

/** How long a task keeps a lane, by the two ways to see it. */
interface Lasting {
  low: number;
  high: number;
}

const middle = ({ low, high }: Lasting) => Math.sqrt(low * high);

function bodyOf(
  { tasks, lanes, ended, spread }: { tasks: number; lanes: number; ended: number; spread: number },
  lasting: Lasting,
): Estimate {
  if (tasks === 0) return { ms: 0, lowMs: 0, highMs: 0 };
  const off = Math.exp(NORMAL_95 * Math.sqrt(spread * (1 / ended + 1 / tasks)));
  const rounds = tasks / lanes;
  return {
    ms: rounds * middle(lasting),
    lowMs: (rounds * lasting.low) / off,
    highMs: rounds * lasting.high * off,
  };
}

function tailOf(
  { tasks, ageMs, spread }: { tasks: number; ageMs: number; spread: number },
  lasting: Lasting,
): Estimate {
  const leftOf = (taskMs: number) => (taskMs * (1 + spread)) / 2;
  const largest = (part: number) => -Math.log(1 - part ** (1 / tasks));
  return {
    ms: Math.max(leftOf(middle(lasting)) * largest(0.5), AGE_MIDDLE * ageMs),
    // Tasks of one duration, begun at any time, are the earliest; the more alike, the more they go in step.
    lowMs: lasting.low * PART_BELOW ** (1 / tasks ** Math.min(1, spread)),
    highMs: Math.max(HEAVIER * leftOf(lasting.high) * largest(1 - PART_BELOW), AGE_MOST * ageMs),
  };
}

/** So many tasks are remembered: durations may change. */
const MEMORY_TASKS = 300;
/** Before anything is known, durations are taken for exponential, as if so many tasks had shown it. */
const TASKS_BEFORE = 5;
/** Even tasks of one duration end in batches. */
const LEAST_SPREAD = 0.2;

/** How much durations differ, from what batches of tasks took: the sum of n has the variance of n. */
class Durations {
  #tasks = 0;
  #ms = 0;
  #compared = 0;
  #squares = 0;
  /** Of attempts after which no task has ended yet. */
  #pendingMs = 0;

  add(tasks: number, ms: number): void {
    this.#pendingMs += ms;
    if (tasks === 0) return;
    const tookMs = this.#pendingMs;
    this.#pendingMs = 0;
    const kept = Math.exp(-tasks / MEMORY_TASKS);
    if (this.#tasks > 0) {
      this.#squares = this.#squares * kept + (tookMs - (tasks * this.#ms) / this.#tasks) ** 2;
      this.#compared = this.#compared * kept + tasks;
    }
    this.#tasks = this.#tasks * kept + tasks;
    this.#ms = this.#ms * kept + tookMs;
  }

  /** The square of their deviation by their mean: 0 for one duration, 1 for exponential ones. */
  spread(): number {
    const mean = this.#ms / this.#tasks;
    if (!(mean > 0)) return 1;
    const seen = this.#squares / mean ** 2;
    return Math.max(LEAST_SPREAD, (TASKS_BEFORE + seen) / (TASKS_BEFORE + this.#compared));
  }
}
