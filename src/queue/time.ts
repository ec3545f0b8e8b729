import type { Queue } from './queue';
import { asNumber } from './reply';
import { runScript, scripts } from './script';

/** Milliseconds since 1970 on the clock of the server that has this queue. */
export async function serverTime(queue: Queue): Promise<number> {
  return asNumber(await runScript(queue, scripts.time, []));
}
