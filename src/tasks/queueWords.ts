/** Sentences about a queue as a whole, the same in terminal and editor. */
import { number, plural } from './words';

interface Left {
  todo: number;
  inProgress: number;
}

/** `changed`: false if it was so before. */
export function paused(queue: string, changed: boolean, { todo, inProgress }: Left): string {
  const state = changed ? `Queue "${queue}" is paused` : 'It was paused before';
  return `${state}: ${number(todo)} to do, ${number(inProgress)} in progress.`;
}

export function resumed(queue: string, changed: boolean, todo: number): string {
  return changed
    ? `Queue "${queue}" goes on: ${number(todo)} to do.`
    : `Queue "${queue}" was not paused.`;
}

/** What is asked before all workers are ended: opening the queue does not bring them back. */
export function closeQuestion(queue: string, workers: number): string {
  const ours = workers === 0 ? '' : ` (${number(workers)} of DistComp)`;
  return `Close queue "${queue}"? All workers${ours} finish what they run and end, those of the original too. Until it is opened again, so do those that start.`;
}

export function closed(queue: string, changed: boolean, todo: number): string {
  const state = changed ? `Queue "${queue}" is closed` : 'It was closed before';
  const wait = `${plural(todo, 'task')} ${todo === 1 ? 'waits' : 'wait'}`;
  return `${state}: workers finish what they run and end, and ${wait}.`;
}

export function opened(queue: string, changed: boolean): string {
  return changed
    ? `Queue "${queue}" is open. Workers that ended do not come back by themselves.`
    : `Queue "${queue}" was not closed.`;
}

/** What people should know of originals when they pause a queue. Undefined while none is alive. */
export function originalsTakeNoNotice(alive: number): string | undefined {
  if (alive === 0) return undefined;
  return alive === 1
    ? 'A worker of the original is on this queue. It ignores pause and limits.'
    : `${number(alive)} workers of the original are on this queue. They ignore pause and limits.`;
}

/** `8,110 tasks exported to results.csv`. */
export const exported = (tasks: number, file: string): string =>
  `${plural(tasks, 'task')} exported to ${file}`;
