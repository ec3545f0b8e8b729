import { type Counts, parseCounts } from './counts';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

/** What is said of a queue as a whole, at one moment. */
export interface Overview {
  counts: Counts;
  progress: QueueProgress;
  spent: Spent;
  /** Of all live workers, at their last heartbeat. */
  lanes?: { all: number; running: number };
  failures: {
    kinds: number;
    /** Undefined where there are too many kinds to look through. */
    mostFrequent?: { signature: string; count: number };
  };
  /** Kinds of big tasks that wait until a host is free enough. */
  waitingForRoom: number;
}

/** What the speed of a queue is reckoned from. */
export interface QueueProgress {
  /** Tasks that workers of ours finished or failed for good. It only grows while `mark` stands. */
  ended: number;
  /** Another one after tasks were moved that nobody ran: a clear, an undo, a bulk retry. */
  mark: string;
  /** By Redis time, since 1970. */
  minute: number;
  secondsOfThisMinute: number;
  endedThisMinute: number;
  /** How long they took, all together, and their attempts before. */
  millisecondsThisMinute: number;
  endedLastMinute: number;
  millisecondsLastMinute: number;
  /** An original works here, or did: what it ends is in none of the numbers above. */
  besideOriginal: boolean;
}

/** What was done twice, or put right, since the queue was new or cleared. */
export interface Spent {
  /** Attempts that failed, and whose task was tried again by itself. */
  onRetries: number;
  /** Attempts whose worker was lost. */
  onLostWorkers: number;
  /** Repairs of what peers, mostly workers of the original, left in two states or in none. */
  byPeers: number;
}

/** One call. Its cost grows neither with the tasks nor with the workers. */
export async function overview(queue: Queue): Promise<Overview> {
  const answer = asArray(await runScript(queue, scripts.overview, []));
  const [counted, ended, minutes, lanes, failures, waitingForRoom] = answer;
  const live = parseLanes(lanes);
  const [done, mark, ...spent] = asArray(ended);
  return {
    counts: parseCounts(counted),
    progress: {
      ended: asNumber(done),
      mark: asString(mark),
      ...parseMinutes(asArray(minutes).map(asNumber)),
    },
    spent: parseSpent(spent.map(asNumber)),
    ...(live ? { lanes: live } : {}),
    failures: parseFailures(asArray(failures)),
    waitingForRoom: asNumber(waitingForRoom),
  };
}

function parseMinutes(minutes: number[]): Omit<QueueProgress, 'ended' | 'mark'> {
  const [
    minute = 0,
    seconds = 0,
    endedThis = 0,
    msThis = 0,
    endedLast = 0,
    msLast = 0,
    original = 0,
  ] = minutes;
  return {
    minute,
    secondsOfThisMinute: seconds,
    endedThisMinute: endedThis,
    millisecondsThisMinute: msThis,
    endedLastMinute: endedLast,
    millisecondsLastMinute: msLast,
    besideOriginal: original > 0,
  };
}

function parseSpent([onRetries = 0, onLostWorkers = 0, byPeers = 0]: number[]): Spent {
  return { onRetries, onLostWorkers, byPeers };
}

function parseLanes(answer: unknown): Overview['lanes'] {
  const [all, running] = asArray(answer);
  if (all === '' || running === '') return undefined;
  return { all: Math.round(asNumber(all)), running: Math.round(asNumber(running)) };
}

function parseFailures([kinds, count, signature]: unknown[]): Overview['failures'] {
  const most = asNumber(count);
  return {
    kinds: asNumber(kinds),
    ...(most > 0 ? { mostFrequent: { signature: asString(signature), count: most } } : {}),
  };
}
