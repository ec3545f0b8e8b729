/** What a worker costs that has nothing to do. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestRedis } from '../../setup/redis';
import type { Distcomp } from './distcomp';

export type IdleCost = Readonly<Record<'commands' | 'worker' | 'redis', number>>;

/**
 * Commands a second that arrive at Redis, and per cent of a core that worker and Redis take. Nobody else may
 * use that Redis.
 */
export async function idleCost(
  server: TestRedis,
  { worker }: Distcomp,
  seconds: number,
): Promise<IdleCost> {
  const pids = [worker.pid, server.pid];
  const before = pids.map(threadsMs);
  await sleep((seconds * 1000) / 2);
  const [own = 0, redis = 0] = pids.map((pid, at) => threadsMs(pid) - (before[at] ?? 0));
  // Afterwards: to watch costs Redis something.
  const monitor = await server.client().monitor();
  let commands = 0;
  // What scripts call comes from "lua".
  monitor.on('monitor', (_time, _words, source: string) => {
    if (source !== 'lua') commands++;
  });
  await sleep((seconds * 1000) / 2);
  monitor.disconnect();
  const percent = (ms: number) => ms / (seconds * 5);
  return { commands: commands / (seconds / 2), worker: percent(own), redis: percent(redis) };
}

/** Milliseconds of CPU of the threads that a process has now, to the microsecond. */
function threadsMs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder)
    .map(
      thread => Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    )
    .reduce((sum, ms) => sum + ms, 0);
}
