import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

/** Where a sweep over the todo hashes goes on. */
export interface SweepCursor {
  shared: string;
  own: string;
}

export const SWEEP_START: SweepCursor = { shared: '0', own: '0' };

/**
 * Looks at about `fields` fields of each todo hash, and indexes what is not indexed yet.
 *
 * @returns where to go on, and how many tasks were indexed
 */
export async function sweep(
  queue: Queue,
  cursor: SweepCursor,
  fields: number,
): Promise<{ next: SweepCursor; indexed: number }> {
  const [shared, own, indexed] = asArray(
    await runScript(queue, scripts.sweep, [cursor.shared, cursor.own, fields]),
  );
  return { next: { shared: asString(shared), own: asString(own) }, indexed: asNumber(indexed) };
}
