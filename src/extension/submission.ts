/** From a task file to the queue, as a stream: a file of a million lines takes no more memory. */
import type { Queue } from '../queue/queue';
import { submit } from '../queue/submit';
import { readTaskFile } from '../tasks/file';
import type { SubmitCounts } from '../tasks/words';
import type { LineProblem } from './problems';

const CHUNK_LINES = 1_000;

export interface SubmissionListener {
  /** Called with the lines read so far. */
  onProgress(lines: number): void;
  onProblem(found: LineProblem): void;
  /** What was submitted until then stays submitted. */
  isCancelled(): boolean;
}

/** Adds the good lines; the others are told of. Throws when the file cannot be read or Redis fails. */
export async function submitFile(
  queue: Queue,
  content: AsyncIterable<Uint8Array | string>,
  listener: SubmissionListener,
): Promise<SubmitCounts> {
  const counts: SubmitCounts = { added: 0, retried: 0, already: 0, problems: 0 };
  let chunk: string[] = [];
  let lines = 0;
  const flush = async () => {
    for (const verdict of await submit(queue, chunk)) {
      if (verdict === 'added' || verdict === 'retried') counts[verdict]++;
      else counts.already++;
    }
    chunk = [];
    listener.onProgress(lines);
  };
  for await (const entry of readTaskFile(content)) {
    lines = entry.lineNumber;
    if ('problem' in entry) {
      counts.problems++;
      listener.onProblem(entry);
      continue;
    }
    chunk.push(entry.task.line);
    if (chunk.length < CHUNK_LINES) continue;
    await flush();
    if (listener.isCancelled()) return counts;
  }
  await flush();
  return counts;
}
