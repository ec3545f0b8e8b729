import type { Queue } from './queue';
import { asNumber } from './reply';
import { runScript, scripts } from './script';

/**
 * Tells every worker, the original's too, to finish what runs and end. It stands until the queue is
 * opened: workers that start meanwhile end at once.
 *
 * @returns false if the queue was closed already
 */
export async function close(queue: Queue): Promise<boolean> {
  return asNumber(await runScript(queue, scripts.close, [1])) === 1;
}

/** @returns false if nothing was left of a close */
export async function open(queue: Queue): Promise<boolean> {
  return asNumber(await runScript(queue, scripts.close, [0])) === 1;
}
