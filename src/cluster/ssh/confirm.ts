/** A worker that was started counts when Redis has seen it: its name is registered and its heart beats. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from '../../queue/queue';
import { workers } from '../../queue/workers';
import type { HostResult } from './results';

const LOOK_MS = 200;
const PATIENCE_MS = 15_000;

/** Turns those that started and were never seen into failures. One look at Redis at a time for all. */
export async function confirm(queue: Queue, results: readonly HostResult[]): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  let unseen = await unseenOf(queue, results);
  while (unseen.size > 0 && performance.now() < until) {
    await sleep(LOOK_MS);
    unseen = await unseenOf(queue, results);
  }
  for (const result of results) {
    const lost = result.workers.filter(
      ({ instance }) => instance !== undefined && unseen.has(instance),
    );
    if (lost.length === 0) continue;
    const names = lost.map(({ worker }) => worker).join(', ');
    const message = `${names} started there and was not seen at this Redis. Is it the same one, and did the worker end? Its log is in ~/.distcomp/hosts there.`;
    result.failure ??= { step: 'heartbeat', message };
  }
}

/** Instances without a heartbeat. */
async function unseenOf(queue: Queue, results: readonly HostResult[]): Promise<Set<string>> {
  const found = await workers(queue);
  const beating = new Set(
    found.flatMap(({ instance, heartbeatAgeMs }) =>
      instance !== undefined && heartbeatAgeMs !== undefined ? [instance] : [],
    ),
  );
  const started = results.flatMap(({ workers }) =>
    workers.flatMap(({ instance }) => instance ?? []),
  );
  return new Set(started.filter(instance => !beating.has(instance)));
}
