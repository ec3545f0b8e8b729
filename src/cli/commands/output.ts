/** `distcomp output ID`: what an attempt of a task wrote, the newest one unless another is asked for. */
import { createReadStream } from 'node:fs';
import { readTail } from '../../host/fileTail';
import type { AttemptRecord } from '../../queue/attempt';
import { details, findTask, type TaskDetails } from '../../queue/details';
import { type AttemptOutput, keptOutput, recordedOutput, runningOutput } from '../../queue/output';
import type { Queue } from '../../queue/queue';
import { number, visible } from '../../tasks/words';
import { printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';
import { checkedId } from '../taskIds';

export interface OutputOptions extends QueueOptions {
  attempt?: number;
}

interface Found {
  /** Undefined: of the attempt that runs, or of an original. */
  record?: AttemptRecord;
  runs: boolean;
  output: AttemptOutput;
}

/** Returns the exit code. */
export async function output(id: string, options: OutputOptions): Promise<number> {
  const prefix = checkedId(id);
  return withQueue(options, async ({ queue }) => {
    const line = await findTask(queue, prefix);
    if (line === undefined)
      throw new UsageError(`No task of queue "${queue.name}" has the id ${prefix}.`);
    const task = await details(queue, line);
    const found = await findOutput(queue, task, options.attempt);
    if (options.json) await printDocument(task, found);
    else if (!found) say(nothingYet(task));
    else await print(task, found);
    return EXIT.ok;
  });
}

async function findOutput(
  queue: Queue,
  task: TaskDetails,
  attempt: number | undefined,
): Promise<Found | undefined> {
  const record = task.attempts.find(({ number }) => number === (attempt ?? number));
  const runs = task.startedAt !== undefined;
  if (runs && (attempt === undefined || attempt > (task.attempts[0]?.number ?? 0))) {
    const running = await runningOutput(queue, task, readTail);
    if (running) return { runs: true, output: running };
  }
  if (record) {
    const output = await recordedOutput(queue, task, record, readTail);
    return { record, runs: false, output };
  }
  const hasEnded = task.result !== undefined || task.reason !== undefined;
  if (attempt === undefined)
    return hasEnded ? { runs: false, output: keptOutput(task, undefined) } : undefined;
  const numbers = task.attempts.map(({ number }) => number).toReversed();
  throw new UsageError(
    numbers.length === 0
      ? 'This task has no attempts yet.'
      : `This task has no attempt ${attempt}. It has ${numbers.join(', ')}.`,
  );
}

function nothingYet({ state, worker, startedAt }: TaskDetails): string {
  if (state !== 'in_progress') return 'This task has not written anything yet.';
  const name = visible(worker ?? '');
  if (startedAt === undefined)
    return `This task waits at ${name} for room, and has not started yet.`;
  return `This task runs on ${name}, which does not tell what it has written so far.`;
}

async function print(task: TaskDetails, { record, output }: Found): Promise<void> {
  const { source, path = '', out, err } = output;
  if (source === 'file') {
    await copy(`${path}.out`, process.stdout);
    await copy(`${path}.err`, process.stderr);
    return;
  }
  say(whereFrom(task, record, output));
  process.stdout.write(endedLine(out.text));
  process.stderr.write(endedLine(err.text));
}

function whereFrom(
  task: TaskDetails,
  record: AttemptRecord | undefined,
  { source, path, out, err }: AttemptOutput,
): string {
  const all =
    path &&
    `All of it is with ${visible(record?.worker ?? task.worker ?? '')}: ${visible(path)}.out and .err`;
  if (source === 'queue')
    return ['This is what the queue keeps of its output.', all].filter(Boolean).join(' ');
  if (!out.cut && !err.cut)
    return `From ${visible(record?.worker ?? task.worker ?? '')}: ${visible(path ?? '')}.out and .err`;
  return `These are the ends of ${number(out.bytes)} and ${number(err.bytes)} bytes. ${all}`;
}

const endedLine = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

async function printDocument(task: TaskDetails, found: Found | undefined): Promise<void> {
  const { id, line, state } = task;
  const { source, path, out, err } = found?.output ?? {};
  printJson({
    id,
    task: line,
    state,
    attempt: found?.record ?? null,
    running: found?.runs ?? false,
    source: source ?? null,
    path: path ?? null,
    complete: source !== undefined && source !== 'queue' && !out?.cut && !err?.cut,
    out: out?.text ?? '',
    err: err?.text ?? '',
  });
}

async function copy(path: string, to: NodeJS.WritableStream): Promise<void> {
  try {
    for await (const chunk of createReadStream(path)) {
      if (!to.write(chunk)) await new Promise(resolve => to.once('drain', resolve));
    }
  } catch (error) {
    say(`Cannot read ${path}: ${(error as Error).message}`);
  }
}
