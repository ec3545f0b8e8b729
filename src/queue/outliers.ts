/**
 * Which workers do otherwise than the rest: one on a broken host fails what others finish, one on a busy host
 * takes a multiple of their time. Pure. What is told of may be chance, so each is marked only if chance alone
 * would hardly bring it: see the two tests. Words: `outlierWords` in `workerWords.ts`.
 */
import type { QueueWorker } from './workers';

export type Outlier =
  /** So many of its last attempts. */
  | { kind: 'fails'; failed: number; ended: number }
  /** Its mean duration, by the usual one of the others. */
  | { kind: 'slow'; times: number };

/** What is unusual of each worker, by name; those that are as the others are not in it. */
export function outliersOf(workers: readonly QueueWorker[]): Map<string, Outlier[]> {
  const found = new Map<string, Outlier[]>();
  for (const [name, outlier] of [...failing(workers), ...slow(workers)]) {
    found.set(name, [...(found.get(name) ?? []), outlier]);
  }
  return found;
}

type Found = readonly [name: string, outlier: Outlier];

// Failures ------------------------------------------------------------------------------------------------

const FEWEST_ENDED = 5;
const LEAST_SHARE = 0.5;
/** At least so many times the share of all others together. */
const LEAST_TIMES_SHARE = 2;
/** That among equal workers one of all would be marked. */
const CHANCE = 0.01;
/** Nobody tells of more: what does is not believed. */
const MOST_ENDED = 1_000;

interface Ends {
  ended: number;
  failed: number;
}

/**
 * Those that fail at least half, and twice as much as all others together, where Fisher's exact test says that
 * failures spread at random over all attempts would hardly fall on one worker so.
 */
function* failing(workers: readonly QueueWorker[]): Generator<Found> {
  const told = workers.flatMap(worker => {
    const ends = endsOf(worker);
    return ends ? [{ name: worker.name, ends }] : [];
  });
  const all = told.reduce((sum, { ends }) => plus(sum, ends), { ended: 0, failed: 0 });
  for (const { name, ends } of told) {
    const { ended, failed } = ends;
    const rest = { ended: all.ended - ended, failed: all.failed - failed };
    if (ended < FEWEST_ENDED || rest.ended === 0 || failed < ended * LEAST_SHARE) continue;
    if (failed * rest.ended < LEAST_TIMES_SHARE * rest.failed * ended) continue;
    // Each worker is a chance more for chance.
    if (chanceOf(ends, all) < CHANCE / told.length) yield [name, { kind: 'fails', failed, ended }];
  }
}

function endsOf({ details }: QueueWorker): Ends | undefined {
  const { recent_ended: ended = 0, recent_failed: failed = 0 } = details;
  const makesSense = Number.isInteger(ended) && Number.isInteger(failed) && failed <= ended;
  return makesSense && ended > 0 && ended <= MOST_ENDED ? { ended, failed } : undefined;
}

const plus = (a: Ends, b: Ends): Ends => ({
  ended: a.ended + b.ended,
  failed: a.failed + b.failed,
});

/** That of all failures, drawn from all attempts at random, so many or more fall on these. */
function chanceOf({ ended, failed }: Ends, all: Ends): number {
  const restEnded = all.ended - ended;
  const fewest = Math.max(0, all.failed - restEnded);
  const most = Math.min(ended, all.failed);
  /** Logarithms, up to a constant, of the chance of `fewest`, one more, …: each follows from the one before. */
  const logs: number[] = [0];
  for (let k = fewest; k < most; k++) {
    const more = ((ended - k) * (all.failed - k)) / ((k + 1) * (restEnded - all.failed + k + 1));
    logs.push((logs.at(-1) ?? 0) + Math.log(more));
  }
  const peak = Math.max(...logs);
  const weights = logs.map(log => Math.exp(log - peak));
  return sum(weights.slice(failed - fewest)) / sum(weights);
}

// Durations -----------------------------------------------------------------------------------------------

/** Of each worker: a mean of fewer says little where one task takes a hundred times as long as another. */
const FEWEST_FINISHED = 10;
const FEWEST_OTHERS = 3;
const LEAST_TIMES_MEAN = 2;
/** Of the standard error, which is what means differ by among equal workers. */
const LEAST_ERRORS = 3;
/** So far from the middle, in standard deviations, are three quarters of what is normally distributed. */
const DEVIATIONS_OF_QUARTILE = 1.15;

interface Pace {
  name: string;
  meanMs: number;
  /** Standard error of the mean, as a part of it. */
  error: number;
}

/**
 * Those that take at least twice as long as the median of the others, and by more than tasks of unequal length
 * explain: by three times the error of its mean and the spread of three quarters of
 * the others together.
 */
function* slow(workers: readonly QueueWorker[]): Generator<Found> {
  const paces = workers.flatMap(worker => paceOf(worker) ?? []);
  if (paces.length <= FEWEST_OTHERS) return;
  for (const pace of paces) {
    const others = paces.filter(other => other !== pace).map(({ meanMs }) => meanMs);
    const usual = quantile(others, 0.5);
    const times = pace.meanMs / usual;
    if (times < LEAST_TIMES_MEAN) continue;
    // Logarithms: half as long is as far away as twice as long.
    const apart = others.map(mean => Math.abs(Math.log(mean / usual)));
    // Of three quarters: where half of the hosts are of a slower kind, none of them is an exception.
    const spread = quantile(apart, 0.75) / DEVIATIONS_OF_QUARTILE;
    const error = Math.hypot(pace.error, spread);
    if (Math.log(times) > LEAST_ERRORS * error) yield [pace.name, { kind: 'slow', times }];
  }
}

function paceOf({ name, details }: QueueWorker): Pace | undefined {
  const { recent_ended = 0, recent_failed = 0, mean_ms: meanMs, deviation_ms: deviation } = details;
  const finished = recent_ended - recent_failed;
  if (finished < FEWEST_FINISHED || !meanMs || deviation === undefined) return undefined;
  return { name, meanMs, error: deviation / meanMs / Math.sqrt(finished) };
}

/** The least value that so large a part of them does not exceed, of one value at least. */
function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
