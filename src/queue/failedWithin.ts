/** The tasks that failed for good during some time, however many had failed before. */
import { parseAttempt, wasCancelled } from './attempt';
import { chunks } from './chunks';
import { parseText } from './details';
import { RECENT_MAX } from './keys';
import { linesIn } from './lines';
import type { Queue } from './queue';
import { asArray } from './reply';
import { runScript, scripts } from './script';

/** From one look at a queue to another. */
export interface FailureSpan {
  /** What `tally` counted as failed at the first look, and at the second. */
  from: number;
  to: number;
  /** When they were: ms, Redis time. */
  sinceMs: number;
  untilMs: number;
}

/** Of a reason, only whether it is that somebody cancelled the task. */
const REASON_BYTES = 64;

/**
 * Their lines, in chunks: a hint, as the script that acts on them checks it. Each failure is counted and put
 * at the head of the list of recent ones by one script, so their numbers say where they stand in it. When the
 * list does not reach back so far, all failed tasks are looked through. What an original failed is not among
 * them: nobody knows when that was.
 */
export async function* failedWithin(queue: Queue, span: FailureSpan): AsyncGenerator<string[]> {
  const { failed, lines } = await newest(queue);
  const wanted = lines.slice(Math.max(0, failed - span.to), Math.max(0, failed - span.from));
  if (lines.length < RECENT_MAX || wanted.length >= span.to - span.from) {
    for (const some of chunks([...new Set(wanted)])) yield await failedIn(queue, some, span, true);
  } else {
    for await (const some of linesIn(queue, 'failed'))
      yield await failedIn(queue, some, span, false);
  }
}

/** The newest first, beside the number of the first. */
async function newest({ redis, keys }: Queue): Promise<{ failed: number; lines: string[] }> {
  const answers = await redis
    .multi()
    .hget(keys.stats, 'failed')
    .lrange(keys.recentFailed, 0, -1)
    .exec();
  const [failed, entries] = (answers ?? []).map(([, value]) => value);
  // An entry is `attempt line`.
  const lines = asArray(entries).map(String);
  return {
    failed: Number(failed ?? 0),
    lines: lines.map(entry => entry.slice(entry.indexOf(' ') + 1)),
  };
}

/**
 * Those of the lines whose last attempt ended in that time. `untold`: whether one that was cancelled while it
 * waited, of which no attempt tells, is meant.
 */
async function failedIn(
  queue: Queue,
  lines: readonly string[],
  { sinceMs, untilMs }: FailureSpan,
  untold: boolean,
): Promise<string[]> {
  const rows = asArray(await runScript(queue, scripts.rows, [REASON_BYTES, ...lines]));
  return lines.filter((_, i) => {
    const [state, reason = '', record = ''] = asArray(rows[i]).map(String);
    const last = parseAttempt(record);
    if (state !== 'failed') return false;
    if (!last || wasCancelled(last, parseText(reason))) return untold;
    return last.end >= sinceMs && last.end <= untilMs;
  });
}
