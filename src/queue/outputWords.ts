/** What editor and terminal say about output: why there is none, and where what is shown comes from. */
import { number, visible } from '../tasks/words';
import type { AttemptRecord } from './attempt';
import type { TaskDetails } from './details';
import type { AttemptOutput } from './output';

export function nothingYet({ state, worker, startedAt }: TaskDetails): string {
  if (state === 'absent') return 'This task is not in the queue any more.';
  if (state !== 'in_progress') return 'This task has not written anything yet.';
  const name = visible(worker ?? '');
  if (startedAt === undefined)
    return `This task waits at ${name} for room, and has not started yet.`;
  return `This task runs on ${name}, which does not tell what it has written so far.`;
}

export function noAttempt({ attempts }: TaskDetails, attempt: number): string {
  if (attempts.length === 0) return 'This task has no attempts yet.';
  const numbers = attempts.map(({ number }) => number).toReversed();
  return `This task has no attempt ${attempt}. It has ${numbers.join(', ')}.`;
}

/** In one sentence or two. `worker`: who ran the attempt. */
export function whereFrom(worker: string, { source, path, out, err }: AttemptOutput): string[] {
  const name = visible(worker);
  const files = path && `${visible(path)}.out and .err`;
  if (source === 'file') return [`From ${files}`];
  const all = files ? [`All of it is with ${name}: ${files}`] : [];
  if (source === 'queue') return ['This is what the queue keeps of its output.', ...all];
  if (!out.cut && !err.cut) return [`From ${name}: ${files}`];
  return [`These are the ends of ${number(out.bytes)} and ${number(err.bytes)} bytes.`, ...all];
}

/** Who ran an attempt that ended, or runs the one that does not. */
export function workerOf(task: TaskDetails, record: AttemptRecord | undefined): string {
  return record?.worker ?? task.worker ?? '';
}
