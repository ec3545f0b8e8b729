/** Sentences about bulk actions and what undoes them, the same in terminal and editor. */
import { number, plural } from './words';

interface TaskCounts {
  todo: number;
  inProgress: number;
  failed: number;
  finished: number;
}

const CAN_BE_UNDONE = 'Can be undone for 10 minutes.';

/** `1,012 waiting, 34 running and 8,110 finished tasks`. */
function ofEachState(counts: TaskCounts): string {
  const kinds: [count: number, kind: string][] = [
    [counts.todo, 'waiting'],
    [counts.inProgress, 'running'],
    [counts.failed, 'failed'],
    [counts.finished, 'finished'],
  ];
  const there = kinds.filter(([count]) => count > 0);
  const parts = there.map(([count, kind]) => `${number(count)} ${kind}`);
  const last = parts.pop() ?? '0';
  const all = parts.length > 0 ? `${parts.join(', ')} and ${last}` : last;
  return `${all} ${allOf(counts) === 1 ? 'task' : 'tasks'}`;
}

const allOf = ({ todo, inProgress, failed, finished }: TaskCounts) =>
  todo + inProgress + failed + finished;

/** What is asked before a queue is cleared, with all that cannot be undone. */
export function clearQuestion(queue: string, counts: TaskCounts, originals = 0): string {
  const one = allOf(counts) === 1;
  const results = counts.finished === 0 ? '' : one ? ' and its result' : ' and their results';
  const verb = one && results === '' ? 'goes' : 'go';
  const running = counts.inProgress > 0 ? ' What runs is ended; undone, it begins anew.' : '';
  const theirs =
    originals > 0 ? ' Originals cannot be told: a result of theirs may still come.' : '';
  return `Clear queue "${queue}"? ${ofEachState(counts)}${results} ${verb}. ${CAN_BE_UNDONE}${running}${theirs}`;
}

export function removeFinishedQuestion(queue: string, finished: number): string {
  const results = finished === 1 ? 'Its result goes' : 'Their results go';
  return `Remove ${plural(finished, 'finished task')} from queue "${queue}"? ${results}. ${CAN_BE_UNDONE}`;
}

/** What is asked before many tasks are cancelled. */
export function cancelQuestion(queue: string, tasks: number, running: boolean): string {
  const what = tasks === 1 ? 'It fails' : 'They fail';
  const ended = running ? ' What runs is ended; undone, it begins anew.' : '';
  return `Cancel ${plural(tasks, 'task')} of queue "${queue}"? ${what} with the reason "cancelled". ${CAN_BE_UNDONE}${ended}`;
}

/** Some tasks: how many, or their ids where a person has named them. */
export type Some = number | readonly string[];

const IDS_SHOWN = 10;

const countOf = (some: Some) => (typeof some === 'number' ? some : some.length);

/** `2 had not failed`, with ids `2 had not failed: 3f9a1c, 0286cf`; nothing for none. */
function part(some: Some, one: string, many = one): string[] {
  const count = countOf(some);
  if (count === 0) return [];
  const words = `${number(count)} ${count === 1 ? one : many}`;
  return [typeof some === 'number' ? words : `${words}: ${some.slice(0, IDS_SHOWN).join(', ')}`];
}

export interface Retried {
  retried: number;
  notFailed: Some;
  unsettled: Some;
  /** So many were still to come when it was stopped. */
  left?: number;
}

/** `1,240 tasks queued for retry`. */
export function retried(
  { retried, notFailed, unsettled, left = 0 }: Retried,
  memoryGb = 0,
): string {
  const memory = memoryGb > 0 ? ` with ${number(memoryGb)} GB or more` : '';
  return [
    `${plural(retried, 'task')} queued for retry${memory}`,
    ...part(notFailed, 'had not failed'),
    ...part(
      unsettled,
      'is being moved by an original, retry again',
      'are being moved by an original, retry again',
    ),
    ...(left > 0 ? [`stopped: ${number(left)} ${left === 1 ? 'stays' : 'stay'} failed`] : []),
  ].join(' · ');
}

export interface Cancelled {
  cancelled: number;
  onOriginal: Some;
  notActive: Some;
  /** So many were still to come when it was stopped. */
  left?: number;
}

/** `34 tasks cancelled`. */
export function cancelled({ cancelled, onOriginal, notActive, left = 0 }: Cancelled): string {
  return [
    `${plural(cancelled, 'task')} cancelled`,
    ...part(
      onOriginal,
      'runs on a worker of the original, which cannot be told',
      'run on a worker of the original, which cannot be told',
    ),
    ...part(notActive, 'neither waited nor ran'),
    ...(left > 0 ? [`stopped: ${number(left)} ${left === 1 ? 'goes' : 'go'} on`] : []),
  ].join(' · ');
}

/** Of all tasks, or of all that finished. */
export const removed = (tasks: number, kind: 'task' | 'finished task'): string =>
  `${plural(tasks, kind)} removed`;

/** How to take back what has just been done. `only` says what cannot be. */
export function undoHint(command: string, only = ''): string {
  return `Can be undone for 10 minutes${only}: ${command}`;
}

export interface UndoneCounts {
  kind: 'retry' | 'cancel' | 'clear' | 'remove_finished';
  undone: number;
  kept: number;
  unsettled: number;
  /** So many were still to come when it was stopped. */
  left?: number;
}

/** What is to be taken back: `retry of 1,240 tasks`. */
export function actionName({ kind, tasks }: { kind: UndoneCounts['kind']; tasks: number }): string {
  return `${COMMANDS[kind]} of ${plural(tasks, 'task')}`;
}

/** What each action is called where it is done. */
export const COMMANDS: Readonly<Record<UndoneCounts['kind'], string>> = {
  retry: 'retry',
  cancel: 'cancel',
  clear: 'clear',
  remove_finished: 'remove-finished',
};

export const nothingToUndo = (queue: string): string =>
  `Nothing to undo in queue "${queue}": what was done there is undone, or longer ago than 10 minutes.`;

/** `31 tasks marked failed again · 3 have started and stay as they are`. */
export function undone({ kind, undone, kept, unsettled, left = 0 }: UndoneCounts): string {
  const what = {
    retry: `${plural(undone, 'task')} marked failed again`,
    cancel: `${plural(undone, 'task')} queued again`,
    clear: `${plural(undone, 'task')} restored`,
    remove_finished: `${plural(undone, 'finished task')} restored`,
  }[kind];
  const parts = [what];
  const stays = kept === 1 ? 'stays as it is' : 'stay as they are';
  if (kept > 0) parts.push(`${number(kept)} ${since(kind, kept)} and ${stays}`);
  if (unsettled > 0) {
    const are = unsettled === 1 ? 'is' : 'are';
    parts.push(`${number(unsettled)} ${are} being moved by an original: undo again`);
  }
  if (left > 0) parts.push(`stopped with ${number(left)} left: undo again within 10 minutes`);
  return parts.join(' · ');
}

/** What happened to tasks since, so that nothing of theirs is undone. */
function since(kind: UndoneCounts['kind'], count: number): string {
  if (kind === 'retry') return count === 1 ? 'has started' : 'have started';
  if (kind === 'cancel') return count === 1 ? 'has changed' : 'have changed';
  return count === 1 ? 'is there again' : 'are there again';
}
