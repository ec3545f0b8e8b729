/** Looks at heartbeats until it is known who is alive, where no worker does it or nobody wants to wait for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOKS_TO_LOSE } from './look';
import { isOriginal, originals } from './originals';
import type { Queue } from './queue';
import { type LostWorker, recover } from './recover';
import { scanHash } from './scan';

/** How often the queue is asked for heartbeats, at least. */
const SHORTEST_WAIT_MS = 20;

export interface LookOptions {
  /** The only ones to be waited for. Default: all that are registered or have a heartbeat. */
  only?: readonly string[];
  /** Ends it early: what was taken back so far stays so. */
  signal?: AbortSignal;
}

/**
 * Looks at all workers until each has either changed its heartbeat or is lost: takes `deadSeconds` if one
 * is, and a heartbeat's interval if none is. What lost workers of ours had goes back at once. Of originals
 * it is only known then which are dead: `cleanup` takes back what they had.
 *
 * @returns those of ours that were lost
 */
export async function lookAtWorkers(
  queue: Queue,
  deadSeconds: number,
  { only, signal }: LookOptions = {},
): Promise<LostWorker[]> {
  const lost: LostWorker[] = [];
  const undecided = new Set(only ?? (await present(queue)));
  const first = await signs(queue, [...undecided]);
  for (;;) {
    for (const worker of await decided(queue, [...undecided], first)) undecided.delete(worker);
    if (undecided.size === 0 || signal?.aborted) return lost;
    const found = await recover(queue, deadSeconds);
    lost.push(...found);
    const wait = Math.max(SHORTEST_WAIT_MS, (deadSeconds * 1000) / LOOKS_TO_LOSE / 4);
    if (found.length === 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** Those that have changed since the first look or are gone, and originals that are dead. */
async function decided(
  queue: Queue,
  workers: readonly string[],
  first: ReadonlyMap<string, string>,
): Promise<string[]> {
  const now = await signs(queue, workers);
  const dead = await deadOriginals(queue, workers);
  return workers.filter(
    name => dead.has(name) || !now.get(name)?.trim() || now.get(name) !== first.get(name),
  );
}

/** By what a worker shows that it lives: who holds its name, and the heartbeat. Empty for nobody. */
async function signs(queue: Queue, workers: readonly string[]): Promise<Map<string, string>> {
  if (workers.length === 0) return new Map();
  const { redis, keys } = queue;
  const [holders, beats] = await Promise.all([
    redis.hmget(keys.registry, ...workers),
    redis.hmget(keys.status, ...workers),
  ]);
  return new Map(workers.map((name, i) => [name, `${holders[i] ?? ''} ${beats[i] ?? ''}`]));
}

async function deadOriginals(queue: Queue, workers: readonly string[]): Promise<Set<string>> {
  if (!workers.some(isOriginal)) return new Set();
  const known = await originals(queue);
  return new Set(known.filter(({ alive }) => !alive).map(({ worker }) => worker));
}

async function present(queue: Queue): Promise<string[]> {
  const names = (await originals(queue)).map(({ worker }) => worker);
  for await (const fields of scanHash(queue, queue.keys.registry)) {
    names.push(...fields.map(({ name }) => name));
  }
  return names;
}
