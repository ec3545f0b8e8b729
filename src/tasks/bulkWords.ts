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
export function clearQuestion(queue: string, counts: TaskCounts): string {
  const one = allOf(counts) === 1;
  const results = counts.finished === 0 ? '' : one ? ' and its result' : ' and their results';
  const verb = one && results === '' ? 'goes' : 'go';
  const running = counts.inProgress > 0 ? ' What runs is ended; undone, it begins anew.' : '';
  return `Clear queue "${queue}"? ${ofEachState(counts)}${results} ${verb}. ${CAN_BE_UNDONE}${running}`;
}

export function removeFinishedQuestion(queue: string, finished: number): string {
  const results = finished === 1 ? 'Its result goes' : 'Their results go';
  return `Remove ${plural(finished, 'finished task')} from queue "${queue}"? ${results}. ${CAN_BE_UNDONE}`;
}

/** How to take back what has just been done. `only` says what cannot be. */
export function undoHint(command: string, only = ''): string {
  return `Can be undone for 10 minutes${only}: ${command}`;
}

export interface UndoneCounts {
  kind: 'retry' | 'cancel' | 'clear' | 'remove_finished';
  undone: number;
  kept: number;
  unsettled: number;
}

/** `31 tasks have failed again · 3 had started and go on`. */
export function undone({ kind, undone, kept, unsettled }: UndoneCounts): string {
  const one = undone === 1;
  const what = {
    retry: `${plural(undone, 'task')} ${one ? 'is' : 'are'} failed as before`,
    cancel: `${plural(undone, 'task')} ${one ? 'waits' : 'wait'} again`,
    clear: `${plural(undone, 'task')} ${one ? 'is' : 'are'} back`,
    remove_finished: `${plural(undone, 'finished task')} ${one ? 'is' : 'are'} back`,
  }[kind];
  const parts = [what];
  const stays = kept === 1 ? 'stays as it is' : 'stay as they are';
  if (kept > 0) parts.push(`${number(kept)} ${since(kind, kept)} and ${stays}`);
  if (unsettled > 0) {
    const are = unsettled === 1 ? 'is' : 'are';
    parts.push(`${number(unsettled)} ${are} being moved by an original: undo again`);
  }
  return parts.join(' · ');
}

/** What happened to tasks since, so that nothing of theirs is undone. */
function since(kind: UndoneCounts['kind'], count: number): string {
  if (kind === 'retry') return count === 1 ? 'has started' : 'have started';
  if (kind === 'cancel') return count === 1 ? 'has changed' : 'have changed';
  return count === 1 ? 'is there again' : 'are there again';
}
