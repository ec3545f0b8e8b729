/** Many hosts at the same time, without a crowd at any door. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SshFailed } from './failures';
import type { Host } from './hosts';

/** A server of default settings drops logins from the eleventh on that are under way at once. */
const AT_ONCE = 8;
const DROPPED_TRIES = 6;
const DROPPED_WAIT_MS = 500;

/** Results in the order of the hosts; `onResult` as soon as each is known. */
export async function onEach<Result>(
  hosts: readonly Host[],
  work: (host: Host) => Promise<Result>,
  onResult?: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...hosts.entries()];
  const takeNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [i, host] = next;
      const result = await work(host);
      results[i] = result;
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeNext));
  return results;
}

/** A host with too many logins at once has room a moment later. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isDropped = error instanceof SshFailed && error.failure.kind === 'dropped';
      if (!isDropped || tries === DROPPED_TRIES) throw error;
      await sleep(DROPPED_WAIT_MS * 2 ** (tries - 1) * (0.5 + Math.random()));
    }
  }
}
