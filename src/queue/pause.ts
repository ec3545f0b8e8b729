import type { Queue } from './queue';
import { asNumber } from './reply';
import { runScript, scripts } from './script';

/**
 * Nothing new starts: buffered tasks go back to the queue, running ones go on. Workers of the original
 * take no notice.
 *
 * @returns false if the queue was paused already
 */
export async function pause(queue: Queue): Promise<boolean> {
  return asNumber(await runScript(queue, scripts.pause, [1])) === 1;
}

/** @returns false if the queue was not paused */
export async function resume(queue: Queue): Promise<boolean> {
  return asNumber(await runScript(queue, scripts.pause, [0])) === 1;
}
