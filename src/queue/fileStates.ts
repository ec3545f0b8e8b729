import type { TaskFileEntry } from '../tasks/file';
import { settle, UNSETTLED } from './looks';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';
import { ABSENT, STATES, type TaskState } from './states';
import { lineOf, type Placed, type SubmissionListener, taskChunks } from './submitFile';

/** A task of a file, and where it is. `unsettled`: on its way between two states, by an original. */
export interface FoundTask extends Placed {
  state: TaskState | 'absent' | 'unsettled';
}

/**
 * Where the tasks of a file are, a chunk at a time as it is read; nothing is changed. While an original is
 * alive, only a line that two looks found nowhere is absent.
 *
 * @param counts where lines that are no task are counted
 * @throws what reading the entries throws, or Redis
 */
export async function* fileStates(
  queue: Queue,
  entries: AsyncIterable<TaskFileEntry>,
  listener: Pick<SubmissionListener, 'onProblem' | 'isCancelled'>,
  counts: { problems: number },
): AsyncGenerator<{ found: FoundTask[]; besideOriginal: boolean }> {
  const look = async (lines: string[], seen: string) => {
    const now = asString(await runScript(queue, scripts.states, lines));
    return Array.from(now, (letter, i) => (isMoving(letter, seen[i]) ? UNSETTLED : letter)).join(
      '',
    );
  };
  const tasks = taskChunks(entries, listener, counts);
  for await (const { settled, besideOriginal } of settle(queue, tasks, lineOf, look)) {
    const found = settled.map(({ item, letter }) => ({ ...item, state: stateOf(letter) }));
    yield { found, besideOriginal };
    if (listener.isCancelled?.()) return;
  }
}

/** Nowhere now, and somewhere in the first look. */
const isMoving = (letter: string, before: string | undefined) =>
  letter === ABSENT && before !== undefined && before !== ABSENT;

function stateOf(letter: string): FoundTask['state'] {
  if (letter === UNSETTLED) return 'unsettled';
  return STATES[letter] ?? 'absent';
}
