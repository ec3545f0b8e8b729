import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

/** What a sweep goes over, in the order in which the script takes and answers its cursors. */
const SWEPT = [
  'todo',
  'ownTodo',
  'inProgress',
  'ownInProgress',
  'failed',
  'ownFailed',
  'claims',
  'retrying',
] as const;

/** Where a sweep goes on in each. `0` is the beginning, and the end. */
export type SweepCursor = Readonly<Record<(typeof SWEPT)[number], string>>;

export const SWEEP_START: SweepCursor = cursorOf(SWEPT.map(() => '0'));

/**
 * Looks at about `fields` fields of each hash of tasks: indexes what is not indexed yet, and repairs
 * what peers left wrong (counted in `stats` as `by_peers`).
 *
 * @returns where to go on, and how many tasks were indexed
 */
export async function sweep(
  queue: Queue,
  cursor: SweepCursor,
  fields: number,
): Promise<{ next: SweepCursor; indexed: number }> {
  const cursors = SWEPT.map(name => cursor[name]);
  const answer = asArray(await runScript(queue, scripts.sweep, [fields, ...cursors]));
  const [indexed, ...next] = answer;
  return { next: cursorOf(next.map(asString)), indexed: asNumber(indexed) };
}

function cursorOf(cursors: readonly string[]): SweepCursor {
  const entries = SWEPT.map((name, i) => [name, cursors[i] ?? '0'] as const);
  return Object.fromEntries(entries) as Record<(typeof SWEPT)[number], string>;
}
