/**
 * What an attempt wrote, from the nearest place that has it: a file that can be read here, its worker,
 * or the ends that the queue keeps.
 */
import type { AttemptRecord } from './attempt';
import type { TaskDetails } from './details';
import type { Queue } from './queue';
import { type FileTail, requestOutput } from './requests';

/** The end of a file of this machine; undefined if it has no such file. */
export type ReadHere = (path: string) => Promise<FileTail | undefined>;

export interface AttemptOutput {
  source: 'file' | 'worker' | 'queue';
  out: FileTail;
  err: FileTail;
  /** Of the full output on the worker's host, without `.out` and `.err`. */
  path?: string;
  /** From the queue only because the worker did not answer in time: asked again, it may. */
  isUnanswered?: true;
}

/** A worker answers with its next heartbeat, at the latest. */
export const ANSWER_MS = 5000;

export type FoundOutput =
  /** Without output when its worker does not tell what it wrote so far; with old output, if it told before. */
  | { kind: 'running'; attempt: number; output?: AttemptOutput; isOld?: true }
  /** Without a record when an original ran it. */
  | { kind: 'ended'; record?: AttemptRecord; output: AttemptOutput }
  /** Nothing was written yet, or there is no such attempt. */
  | { kind: 'none' };

/** Of the newest attempt, the one that runs if one runs, or of the attempt with this number. */
export async function findOutput(
  queue: Queue,
  task: TaskDetails,
  attempt: number | undefined,
  readHere: ReadHere,
): Promise<FoundOutput> {
  const running = runningAttempt(task);
  if (running !== undefined && (attempt === undefined || attempt === running)) {
    const output = await runningOutput(queue, task, readHere);
    return { kind: 'running', attempt: running, ...output };
  }
  const record = task.attempts.find(({ number }) => number === (attempt ?? number));
  if (record) {
    return { kind: 'ended', record, output: await recordedOutput(queue, task, record, readHere) };
  }
  const hasEnded = task.result !== undefined || task.reason !== undefined;
  if (!hasEnded || attempt !== undefined) return { kind: 'none' };
  return { kind: 'ended', output: keptOutput(task, undefined) };
}

/** The number of the attempt that runs, if one runs. */
export function runningAttempt({ startedAt, attempts }: TaskDetails): number | undefined {
  return startedAt === undefined ? undefined : (attempts[0]?.number ?? 0) + 1;
}

/** Of an attempt that ended. */
async function recordedOutput(
  queue: Queue,
  task: TaskDetails,
  record: AttemptRecord,
  readHere: ReadHere,
): Promise<AttemptOutput> {
  const { path, worker } = record;
  if (path === undefined) return keptOutput(task, record);
  const here = await outputHere(path, readHere);
  if (here) return here;
  const answer = await requestOutput(queue, worker, { line: task.line, path }, ANSWER_MS);
  if (answer.kind === 'no_answer') return { ...keptOutput(task, record), isUnanswered: true };
  if (answer.kind !== 'ok' || !(answer.output.out || answer.output.err)) {
    return keptOutput(task, record);
  }
  return fromTails('worker', path, answer.output);
}

/** Of the attempt that runs, with its number. Undefined when its worker does not tell. */
async function runningOutput(
  queue: Queue,
  { line, worker }: TaskDetails,
  readHere: ReadHere,
): Promise<{ attempt: number; output: AttemptOutput } | undefined> {
  const answer = await requestOutput(queue, worker ?? '', { line }, ANSWER_MS);
  if (answer.kind !== 'ok' || answer.output.attempt === undefined) return undefined;
  const { path, attempt } = answer.output;
  const here = await outputHere(path, readHere);
  return { attempt, output: here ?? fromTails('worker', path, answer.output) };
}

/** Of the files of an attempt, if this machine has them. */
export async function outputHere(
  path: string,
  readHere: ReadHere,
): Promise<AttemptOutput | undefined> {
  // Whoever can write to Redis may have written it: no share of Windows is asked for it.
  if (!/^\/[^/]/.test(path)) return undefined;
  const [out, err] = await Promise.all([readHere(`${path}.out`), readHere(`${path}.err`)]);
  if (!out && !err) return undefined;
  return fromTails('file', path, { ...(out ? { out } : {}), ...(err ? { err } : {}) });
}

function fromTails(
  source: 'file' | 'worker',
  path: string,
  { out, err }: { out?: FileTail; err?: FileTail },
): AttemptOutput {
  return { source, path, out: out ?? whole(''), err: err ?? whole('') };
}

/** What the queue keeps of an attempt, or of one of an original, which leaves no record. */
function keptOutput(
  { attempts, state, result, reason }: TaskDetails,
  record: AttemptRecord | undefined,
): AttemptOutput {
  // Result and reason are of the newest attempt.
  const isNewest = attempts[0]?.number === record?.number;
  const out = (isNewest && state === 'finished' ? result : undefined) ?? record?.out;
  const err = record?.err ?? (isNewest ? reason : undefined);
  return {
    source: 'queue',
    ...(record?.path === undefined ? {} : { path: record.path }),
    out: whole(out ?? ''),
    err: whole(err ?? ''),
  };
}

/** A kept text tells itself of what was cut. */
function whole(text: string): FileTail {
  return { text, bytes: Buffer.byteLength(text), cut: false };
}
