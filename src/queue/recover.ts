import { isOriginal } from './originals';
import type { Queue } from './queue';
import { asArray, asNumber, asString } from './reply';
import { runScript, scripts } from './script';

const WORKERS_A_CALL = 100;

/** A worker that was found lost, and how many tasks went back to the queue or failed. */
export interface LostWorker {
  worker: string;
  tasks: number;
}

/**
 * Looks once at every registered worker, and takes back everything from those whose heartbeat did
 * not change over five looks. Looks that come sooner than a fifth of `deadSeconds` after the last
 * one count for nothing, so anyone may call this at any rate. It looks at originals too, and takes
 * nothing from them: `originals` tells which are dead.
 */
export async function recover(queue: Queue, deadSeconds: number): Promise<LostWorker[]> {
  const lost: LostWorker[] = [];
  const interval = Math.ceil((deadSeconds * 1000) / 5);
  const { registry, status } = queue.keys;
  for (const [key, isMeant] of [
    [registry, () => true],
    [status, isOriginal],
  ] as const) {
    for await (const some of namesIn(queue, key)) {
      const workers = some.filter(isMeant);
      if (workers.length === 0) continue;
      const answer = asArray(await runScript(queue, scripts.recover, [interval, ...workers]));
      for (let i = 0; i < answer.length; i += 2) {
        lost.push({ worker: asString(answer[i]), tasks: asNumber(answer[i + 1]) });
      }
    }
  }
  return lost;
}

/** The fields of a hash, in parts. */
async function* namesIn({ redis }: Queue, key: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, fields] = await redis.hscan(key, cursor, 'COUNT', WORKERS_A_CALL);
    cursor = next;
    yield fields.filter((_, i) => i % 2 === 0);
  } while (cursor !== '0');
}
