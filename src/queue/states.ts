import { chunks } from './chunks';
import type { Queue } from './queue';
import { asString } from './reply';
import { runScript, scripts } from './script';

export type TaskState = 'todo' | 'in_progress' | 'finished' | 'failed';

/** The letters that `lua/states.lua` answers. */
export const STATES: Readonly<Record<string, TaskState>> = {
  t: 'todo',
  p: 'in_progress',
  f: 'finished',
  x: 'failed',
};
export const ABSENT = '-';

/** The hashes in which tasks of a state stand: the one shared with the original, and ours if there is one. */
export function hashesOf({ keys }: Queue, state: TaskState): [shared: string, own?: string] {
  switch (state) {
    case 'todo':
      return [keys.todo, keys.ownTodo];
    case 'in_progress':
      return [keys.inProgress, keys.ownInProgress];
    case 'failed':
      return [keys.failed, keys.ownFailed];
    case 'finished':
      return [keys.finished];
  }
}

/** The state of each line, in order. */
export async function states(
  queue: Queue,
  lines: readonly string[],
): Promise<(TaskState | 'absent')[]> {
  const found: (TaskState | 'absent')[] = [];
  for (const chunk of chunks(lines)) {
    const letters = asString(await runScript(queue, scripts.states, chunk));
    for (const letter of letters) found.push(STATES[letter] ?? 'absent');
  }
  return found;
}
