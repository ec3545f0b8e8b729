import type { Queue } from './queue';
import { asArray, asString } from './reply';
import { runScript, scripts } from './script';

/**
 * Asks workers of ours to finish what runs and end. All or none of them: with a name that nobody has,
 * nothing happens.
 *
 * @returns the names that nobody has
 */
export async function drain(queue: Queue, workers: readonly string[]): Promise<string[]> {
  return asArray(await runScript(queue, scripts.drain, workers)).map(asString);
}
