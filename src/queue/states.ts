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
