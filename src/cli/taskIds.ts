/** Tasks as people name them: by the first digits of their ids. */
import { findTask } from '../queue/details';
import type { Queue } from '../queue/queue';
import { UsageError } from './exit';

/** The first digits of a task's id, as people copy them. Throws UsageError. */
export function checkedId(text: string): string {
  if (/^[0-9a-f]{4,12}$/i.test(text)) return text.toLowerCase();
  throw new UsageError(`A task id is 4 to 12 hexadecimal digits, found "${text}".`);
}

/** The lines of the tasks whose ids begin so, each once. Throws UsageError if one is not there. */
export async function linesOfIds(queue: Queue, prefixes: readonly string[]): Promise<string[]> {
  const lines = new Set<string>();
  for (const prefix of prefixes) {
    const line = await findTask(queue, prefix);
    if (line === undefined) {
      throw new UsageError(`No task of queue "${queue.name}" has the id ${prefix}.`);
    }
    lines.add(line);
  }
  return [...lines];
}
