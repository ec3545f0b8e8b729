import { chunks } from './chunks';
import type { Queue } from './queue';
import { scanTasks } from './scan';
import { hashesOf, states, type TaskState } from './states';

/**
 * The lines that stand in the hashes of a state, in no order and in chunks: some maybe twice, and among the
 * failed also what waits for another attempt. The script that acts on them decides.
 */
export async function* linesIn(queue: Queue, state: TaskState): AsyncGenerator<string[]> {
  for (const hash of hashesOf(queue, state)) {
    if (hash === undefined) continue;
    for await (const tasks of scanTasks(queue, hash)) yield* chunks(tasks.map(({ line }) => line));
  }
}

/** The lines of the tasks that are in a state, in no order and in chunks: some maybe twice. */
export async function* tasksIn(queue: Queue, state: TaskState): AsyncGenerator<string[]> {
  for await (const lines of linesIn(queue, state)) {
    const found = await states(queue, lines);
    yield lines.filter((_, i) => found[i] === state);
  }
}
