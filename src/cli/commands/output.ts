/** `distcomp output ID`: what a task's newest attempt wrote. */
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { AttemptRecord } from '../../queue/attempt';
import { details, findTask, type TaskDetails } from '../../queue/details';
import { visible } from '../../tasks/words';
import { printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';
import { checkedId } from '../taskIds';

/** Returns the exit code. */
export async function output(id: string, options: QueueOptions): Promise<number> {
  const prefix = checkedId(id);
  return withQueue(options, async ({ queue }) => {
    const line = await findTask(queue, prefix);
    if (line === undefined)
      throw new UsageError(`No task of queue "${queue.name}" has the id ${prefix}.`);
    const task = await details(queue, line);
    const path = await reachable(task.attempts[0]);
    if (options.json) printJson(await asDocument(task, path));
    else if (path === undefined) printKept(task);
    else {
      await copy(`${path}.out`, process.stdout);
      await copy(`${path}.err`, process.stderr);
    }
    return EXIT.ok;
  });
}

/** Where the full output is, if this machine can read it. */
async function reachable(attempt: AttemptRecord | undefined): Promise<string | undefined> {
  const path = attempt?.path;
  if (path === undefined) return undefined;
  try {
    await (await open(`${path}.out`)).close();
    return path;
  } catch {
    return undefined;
  }
}

interface Ends {
  out: string;
  err: string;
}

/** What Redis keeps: all of a short output, the ends of a long one. */
function keptEnds({ attempts, result, reason }: TaskDetails): Ends {
  const newest = attempts[0];
  return { out: result ?? newest?.out ?? '', err: newest?.err ?? reason ?? '' };
}

function printKept(task: TaskDetails): void {
  const newest = task.attempts[0];
  const { out, err } = keptEnds(task);
  if (task.state === 'todo' || (task.state === 'in_progress' && !newest)) {
    say('This task has not written anything yet.');
    return;
  }
  say(
    newest?.path === undefined
      ? 'This is what the queue keeps of its output.'
      : `This is what the queue keeps of its output. All of it is with ${visible(newest.worker)}: ${visible(newest.path)}.out and .err`,
  );
  process.stdout.write(endedLine(out));
  process.stderr.write(endedLine(err));
}

const endedLine = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

async function asDocument(task: TaskDetails, path: string | undefined): Promise<object> {
  const { id, line, state, attempts } = task;
  const ends =
    path === undefined
      ? keptEnds(task)
      : { out: await readFile(`${path}.out`, 'utf8'), err: await readFile(`${path}.err`, 'utf8') };
  const newest = attempts[0];
  return { id, task: line, state, attempt: newest ?? null, complete: path !== undefined, ...ends };
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
