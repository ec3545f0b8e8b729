import type { Queue } from './queue';
import { asNumber } from './reply';
import { runScript, scripts } from './script';

/**
 * Removes every task of the queue, and nothing else in Redis. What workers still run is ended at
 * their next heartbeat and its results are not recorded.
 *
 * @returns how many tasks were removed
 */
export async function clear(queue: Queue): Promise<number> {
  return asNumber(await runScript(queue, scripts.clear, []));
}
