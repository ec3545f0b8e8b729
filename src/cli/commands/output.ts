/** `distcomp output ID`: what an attempt of a task wrote, the newest one unless another is asked for. */
import { createReadStream } from 'node:fs';
import { readTail } from '../../host/fileTail';
import { details, findTask, type TaskDetails } from '../../queue/details';
import { type FoundOutput, findOutput } from '../../queue/output';
import { noAttempt, nothingYet, whereFrom, workerOf } from '../../queue/outputWords';
import { printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';
import { checkedId } from '../taskIds';

export interface OutputOptions extends QueueOptions {
  attempt?: number;
}

/** Returns the exit code. */
export async function output(id: string, options: OutputOptions): Promise<number> {
  const prefix = checkedId(id);
  return withQueue(options, async ({ queue }) => {
    const line = await findTask(queue, prefix);
    if (line === undefined)
      throw new UsageError(`No task of queue "${queue.name}" has the id ${prefix}.`);
    const task = await details(queue, line);
    const found = await findOutput(queue, task, options.attempt, readTail);
    if (found.kind === 'none' && options.attempt !== undefined)
      throw new UsageError(noAttempt(task, options.attempt));
    if (options.json) printDocument(task, found);
    else await print(task, found);
    return EXIT.ok;
  });
}

async function print(task: TaskDetails, found: FoundOutput): Promise<void> {
  if (found.kind === 'none' || !found.output) return say(nothingYet(task));
  const { source, path = '', out, err } = found.output;
  if (source === 'file') {
    await copy(`${path}.out`, process.stdout);
    await copy(`${path}.err`, process.stderr);
    return;
  }
  say(whereFrom(workerOf(task, recordOf(found)), found.output).join(' '));
  process.stdout.write(endedLine(out.text));
  process.stderr.write(endedLine(err.text));
}

const recordOf = (found: FoundOutput) => (found.kind === 'ended' ? found.record : undefined);

const endedLine = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

function printDocument(task: TaskDetails, found: FoundOutput): void {
  const { id, line, state } = task;
  const { source, path, out, err } = (found.kind === 'none' ? undefined : found.output) ?? {};
  printJson({
    id,
    task: line,
    state,
    attempt: recordOf(found) ?? null,
    running: found.kind === 'running',
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
