/** What tasks wrote of their executions where they ran, outside Redis. */
import { readFile } from 'node:fs/promises';

/** One start of a task's command. Times are seconds since the machine started. */
export interface Execution {
  /** As the task says it on its output: no other execution has the same. */
  readonly words: string;
  readonly id: string;
  /** Name of the worker; `original` for one of those. */
  readonly worker: string;
  readonly start: number;
  end?: number;
  exit?: number;
}

/** By id, in the order in which they began. */
export async function readLedger(path: string): Promise<Map<string, Execution[]>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return parseLedger(text);
}

export function parseLedger(text: string): Map<string, Execution[]> {
  const known = new Map<string, Execution>();
  const byId = new Map<string, Execution[]>();
  for (const entry of text.split('\n').filter(Boolean)) {
    const [verb, words = '', end, exit] = entry.split(' ');
    const found = known.get(words);
    if (verb === 'end' && found) {
      found.end = Number(end);
      found.exit = Number(exit);
    } else if (verb === 'start' && !found) {
      const [id = '', , worker = '', start] = words.split('/');
      const execution = { words, id, worker, start: Number(start) };
      known.set(words, execution);
      byId.set(id, [...(byId.get(id) ?? []), execution]);
    } else throw new Error(`not an entry of a ledger: ${entry}`);
  }
  return byId;
}
