/** From how an attempt ended to what the queue is told of it. */
import type { Config } from '../config/schema';
import { lastErrorLine, type StoredAttempt, signature } from '../queue/attempt';
import type { EndedAttempt } from '../queue/cycle';
import type { AttemptOutcome } from './lanes/executor';
import { readEnds, resultJson } from './lanes/output';

/** An attempt that this worker started. */
export interface Started {
  line: string;
  /** Number of the call that claimed it. */
  seq: number;
  worker: string;
  /** Redis time, ms. */
  start: number;
  timeoutSeconds: number;
  /** Path of its output without `.out` and `.err`. */
  outputBase: string;
}

/** What Redis is to keep of results and attempts. */
export type Keeping = Pick<Config, 'max_result_bytes' | 'attempt_records'>;

const RECORD_END_BYTES = 2048;
const RECORD_LINE_BYTES = 200;

/** What to report. The output files are read here, at most their ends. */
export async function reportOf(
  attempt: Started,
  outcome: AttemptOutcome,
  end: number,
  keeping: Keeping,
  relief?: 'return' | 'fail',
): Promise<EndedAttempt> {
  if (outcome.killed === 'memory') {
    return outOfMemory(attempt, outcome, end, keeping, relief === 'fail');
  }
  if (!outcome.started || outcome.killed !== undefined || outcome.diskFull) {
    return returned(attempt.line, attempt.seq, outcome.durationMs);
  }
  return outcome.exit === 0 && !outcome.timeout && !outcome.outputLimit
    ? finished(attempt, outcome, end, keeping)
    : failed(attempt, outcome, end, keeping);
}

/** Not counted as an attempt. */
export function returned(line: string, seq: number, milliseconds: number): EndedAttempt {
  const nothing = { value: '', record: '', signature: '' };
  return { line, seq, outcome: 'returned', ...nothing, milliseconds };
}

/** A line that no worker could run, as one that an old tool wrote: it fails, with the reason. */
export function refusal(
  { worker, seq }: { worker: string; seq: number },
  line: string,
  message: string,
  now: number,
): EndedAttempt {
  return {
    line,
    seq,
    outcome: 'failed',
    value: JSON.stringify(message),
    record: JSON.stringify({ worker, start: now, end: now, err: message }),
    signature: 'not a task line',
    milliseconds: 0,
  };
}

const MB_A_GB = 1024;

/** Ended since this host's memory was short. As its worker's last task it is a failed attempt. */
async function outOfMemory(
  attempt: Started,
  outcome: AttemptOutcome,
  end: number,
  keeping: Keeping,
  isFailure: boolean,
): Promise<EndedAttempt> {
  const peakGb = (outcome.peakMb ?? 0) / MB_A_GB;
  const why = isFailure
    ? `needs more memory than this host has: it was ended at ${peakGb.toFixed(2)} GB`
    : `ended to save the memory of its host, at ${peakGb.toFixed(2)} GB`;
  const err = await endsOf(`${attempt.outputBase}.err`, RECORD_END_BYTES);
  const record: StoredAttempt = {
    ...storedAttempt(attempt, outcome, end),
    memory: true,
    err: tail([err.trimEnd(), why].filter(text => text !== '').join('\n'), RECORD_END_BYTES),
  };
  return {
    line: attempt.line,
    seq: attempt.seq,
    outcome: isFailure ? 'failed' : 'memory',
    value: resultJson(why, keeping.max_result_bytes),
    record: recordJson(record, keeping),
    signature: signature(record),
    milliseconds: outcome.durationMs,
    peakGb,
  };
}

/** Its record is short unless all are to be full: a million of them must fit into memory. */
async function finished(
  attempt: Started,
  outcome: AttemptOutcome,
  end: number,
  keeping: Keeping,
): Promise<EndedAttempt> {
  const { max_result_bytes: maxResultBytes, attempt_records: records } = keeping;
  const text = outcome.silent ? '' : await endsOf(`${attempt.outputBase}.out`, maxResultBytes);
  const record = storedAttempt(attempt, outcome, end);
  if (records === 'full') Object.assign(record, await recordEnds(attempt));
  return {
    line: attempt.line,
    seq: attempt.seq,
    outcome: 'finished',
    value: resultJson(text, maxResultBytes),
    record: JSON.stringify(record),
    signature: '',
    milliseconds: outcome.durationMs,
  };
}

async function failed(
  attempt: Started,
  outcome: AttemptOutcome,
  end: number,
  keeping: Keeping,
): Promise<EndedAttempt> {
  const { max_result_bytes: maxResultBytes } = keeping;
  const [ends, err] = await Promise.all([
    recordEnds(attempt),
    endsOf(`${attempt.outputBase}.err`, maxResultBytes),
  ]);
  const record: StoredAttempt = { ...storedAttempt(attempt, outcome, end), ...ends };
  const said = [whyEnded(attempt, outcome), err.trim()].filter(text => text !== '');
  return {
    line: attempt.line,
    seq: attempt.seq,
    outcome: 'failed',
    value: resultJson(said.join('\n'), maxResultBytes),
    record: recordJson(record, keeping),
    signature: signature(record),
    milliseconds: outcome.durationMs,
  };
}

/** What standard error cannot know, since it was DistComp that ended the task. */
function whyEnded({ timeoutSeconds }: Started, outcome: AttemptOutcome): string {
  if (outcome.timeout) return `ended after ${timeoutSeconds} s, its timeout`;
  return outcome.outputLimit ? 'ended since it wrote more than max_output_bytes' : '';
}

function storedAttempt(attempt: Started, outcome: AttemptOutcome, end: number): StoredAttempt {
  return {
    worker: attempt.worker,
    start: attempt.start,
    end,
    ...(outcome.exit === undefined ? {} : { exit: outcome.exit }),
    ...(outcome.signal === undefined ? {} : { signal: outcome.signal }),
    ...(outcome.timeout ? { timeout: true } : {}),
    ...(outcome.outputLimit ? { outputLimit: true } : {}),
    ...(outcome.peakMb === undefined ? {} : { peakMb: outcome.peakMb }),
    ...(outcome.cpuSeconds === undefined ? {} : { cpuSeconds: outcome.cpuSeconds }),
    path: attempt.outputBase,
  };
}

/** The ends of what an attempt wrote, for its record. */
async function recordEnds({ outputBase }: Started): Promise<{ out: string; err: string }> {
  const [out, err] = await Promise.all(
    ['.out', '.err'].map(suffix => endsOf(outputBase + suffix, RECORD_END_BYTES)),
  );
  return { out: tail(out ?? '', RECORD_END_BYTES), err: tail(err ?? '', RECORD_END_BYTES) };
}

/** Of a failure that is to be kept short, one line says why. */
function recordJson(record: StoredAttempt, { attempt_records: records }: Keeping): string {
  if (records !== 'last') return JSON.stringify(record);
  const { out: _, ...rest } = record;
  return JSON.stringify({ ...rest, err: tail(lastErrorLine(record), RECORD_LINE_BYTES) });
}

/** A result must be reported even when somebody removed the files meanwhile. */
async function endsOf(path: string, bytes: number): Promise<string> {
  try {
    return (await readEnds(path, bytes)).text;
  } catch (error) {
    return `(${path} could not be read: ${(error as NodeJS.ErrnoException).code ?? error})`;
  }
}

/** The end of a text, at most so many bytes of UTF-8. */
function tail(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  // A cut inside a character leaves replacement marks at the front.
  return whole
    .subarray(whole.length - bytes)
    .toString('utf8')
    .replace(/^\uFFFD+/, '');
}
