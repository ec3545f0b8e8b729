import { type Counts, parseCounts } from './counts';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

/** What is said of a queue as a whole, at one moment. */
export interface Overview {
  counts: Counts;
  progress: QueueProgress;
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
  secondsOfThisMinute: number;
  endedThisMinute: number;
  endedLastMinute: number;
  /** How long they took, all together. */
  millisecondsLastMinute: number;
  /** An original works here, or did: what it ends is in none of the numbers above. */
  besideOriginal: boolean;
}

/** One call. Its cost grows neither with the tasks nor with the workers. */
export async function overview(queue: Queue): Promise<Overview> {
  const answer = asArray(await runScript(queue, scripts.overview, []));
  const [counted, ended, minutes, lanes, failures, waitingForRoom] = answer;
  const live = parseLanes(lanes);
  return {
    counts: parseCounts(counted),
    progress: parseProgress(asArray(ended), asArray(minutes).map(asNumber)),
    ...(live ? { lanes: live } : {}),
    failures: parseFailures(asArray(failures)),
    waitingForRoom: asNumber(waitingForRoom),
  };
}

function parseProgress([ended, mark]: unknown[], minutes: number[]): QueueProgress {
  const [seconds = 0, thisMinute = 0, lastMinute = 0, milliseconds = 0, original = 0] = minutes;
  return {
    ended: asNumber(ended),
    mark: asString(mark),
    secondsOfThisMinute: seconds,
    endedThisMinute: thisMinute,
    endedLastMinute: lastMinute,
    millisecondsLastMinute: milliseconds,
    besideOriginal: original > 0,
  };
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
