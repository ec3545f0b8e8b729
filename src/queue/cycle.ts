import type { Queue } from './queue';
import { asArray, asNumber, asString, inGroups } from './reply';
import { runScript, scripts } from './script';

/** How one attempt ended, as its worker reports it. */
export interface EndedAttempt {
  line: string;
  /** Number of the call that claimed the task. */
  seq: number;
  /** `returned`: not counted as an attempt, the task goes back to the head of its bucket. */
  outcome: 'finished' | 'failed' | 'returned';
  /** JSON of standard output when finished, of standard error when failed. */
  value: string;
  /** The attempt's record as one line of JSON, without its number. */
  record: string;
  signature: string;
  milliseconds: number;
}

export interface CycleRequest {
  worker: string;
  instance: string;
  /** One above that of the instance's last changing call; the same only when it is sent again. */
  seq: number;
  ended: readonly EndedAttempt[];
  maxAttempts: number;
  retryElsewhereMs: number;
  /** What the claim may take: lanes, GB of memory, cores. */
  room: { lanes: number; memoryGb: number; cores: number };
  /** From the last answer: where the walk over buckets goes on. */
  cursor: number;
}

export interface ClaimedTask {
  line: string;
  /** Number of the attempt that this claim is for. */
  attempt: number;
  needMemoryGb: number;
}

export type CycleAnswer =
  | {
      kind: 'ok';
      epoch: string;
      todo: number;
      cursor: number;
      /** The original's stop field stands: finish what runs, then end. */
      closed: boolean;
      claimed: ClaimedTask[];
    }
  /** A later call was answered before: this one changed nothing. */
  | { kind: 'stale' }
  /** The name is not this instance's: renew, then report again. */
  | { kind: 'unregistered' };

/** Reports what ended and claims what fits, in one round trip. */
export async function cycle(queue: Queue, request: CycleRequest): Promise<CycleAnswer> {
  const { room } = request;
  const answer = asArray(
    await runScript(queue, scripts.cycle, [
      request.worker,
      request.instance,
      request.seq,
      request.maxAttempts,
      request.retryElsewhereMs,
      room.lanes,
      room.memoryGb,
      room.cores,
      request.cursor,
      ...request.ended.flatMap(end => [
        end.line,
        end.seq,
        end.outcome,
        end.value,
        end.record,
        end.signature,
        Math.round(end.milliseconds),
      ]),
    ]),
  );
  if (answer[0] === 'stale') return { kind: 'stale' };
  if (answer[0] === 'unregistered') return { kind: 'unregistered' };
  return {
    kind: 'ok',
    epoch: asString(answer[1]),
    todo: asNumber(answer[2]),
    cursor: asNumber(answer[3]),
    closed: asNumber(answer[4]) > 0,
    claimed: inGroups(asArray(answer[5]), 3).map(([line = '', attempt, need]) => ({
      line,
      attempt: asNumber(attempt),
      needMemoryGb: asNumber(need),
    })),
  };
}
