import { LOOKS_TO_LOSE } from './look';
import { isOriginal } from './originals';
import type { Queue } from './queue';
import { asArray, asNumber, inGroups } from './reply';
import { scanHash } from './scan';
import { runScript, scripts } from './script';

/** A worker that was found lost, and how many tasks went back to the queue or failed. */
export interface LostWorker {
  worker: string;
  tasks: number;
  /** Since its last heartbeat; undefined if it never had one. */
  silentMs?: number;
}

const LOST_FIELDS = 3;

/**
 * Looks once at every registered worker, and takes back everything from those whose heartbeat did
 * not change over five looks. Looks that come sooner than a fifth of `deadSeconds` after the last
 * one count for nothing, so anyone may call this at any rate. It looks at originals too, and takes
 * nothing from them: `originals` tells which are dead.
 */
export async function recover(queue: Queue, deadSeconds: number): Promise<LostWorker[]> {
  const lost: LostWorker[] = [];
  const interval = Math.ceil((deadSeconds * 1000) / LOOKS_TO_LOSE);
  const { registry, status } = queue.keys;
  for (const [key, isMeant] of [
    [registry, () => true],
    [status, isOriginal],
  ] as const) {
    for await (const fields of scanHash(queue, key)) {
      const workers = fields.map(({ name }) => name).filter(isMeant);
      if (workers.length === 0) continue;
      const answer = asArray(await runScript(queue, scripts.recover, [interval, ...workers]));
      for (const [worker = '', tasks, silent] of inGroups(answer, LOST_FIELDS)) {
        const silentMs = asNumber(silent);
        lost.push({ worker, tasks: asNumber(tasks), ...(silentMs < 0 ? {} : { silentMs }) });
      }
    }
  }
  return lost;
}
