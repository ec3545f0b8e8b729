/** Search through the tasks of a state, in steps that never block Redis. */
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';
import type { TaskState } from './states';

export interface SearchStep {
  /** What this step found: lines, each for the first time. */
  lines: string[];
  /** How many tasks were looked at so far… */
  searched: number;
  /** …of how many that stand in this state, about. */
  total: number;
}

const FIELDS_A_STEP = 1000;

/** A search ends when it has found so many: nobody reads more, and they are held in memory. */
export const MOST_MATCHES = 10_000;

/**
 * The tasks of a state in whose line, worker, result or reason of failure a text stands, in no order:
 * each `next()` is one call, so whoever stops asking stops the search. It ends by itself after `most`
 * matches. A task that is in that state all the while is found. Upper and lower case of ASCII are one.
 */
export async function* search(
  queue: Queue,
  state: TaskState,
  text: string,
  most = MOST_MATCHES,
): AsyncGenerator<SearchStep> {
  const wanted = lowerCase(text);
  const inJson = lowerCase(JSON.stringify(text).slice(1, -1));
  // A scan may come by a line twice.
  const found = new Set<string>();
  let searched = 0;
  for (const ours of state === 'finished' ? [0] : [0, 1]) {
    let cursor = '0';
    do {
      const values = [state, ours, cursor, FIELDS_A_STEP, wanted, inJson];
      const [next, seen, all, ...lines] = asArray(await runScript(queue, scripts.search, values));
      cursor = asString(next);
      const total = asNumber(all);
      searched = Math.min(searched + asNumber(seen), total);
      const fresh = [...new Set(lines.map(asString))]
        .filter(line => !found.has(line))
        .slice(0, most - found.size);
      for (const line of fresh) found.add(line);
      yield { lines: fresh, searched, total };
      if (found.size >= most) return;
    } while (cursor !== '0');
  }
}

/** As Redis does it: letters of ASCII only. */
const lowerCase = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase());
