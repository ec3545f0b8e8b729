/** What the proposal says of pipelining by itself: commands one after the other, and the same at once. */
import type { Redis } from 'ioredis';

/**
 * About what the original sends for a task, on hashes of the same names: it looks at the state, claims, reports.
 * Without its reads of whole hashes, which no pipeline makes faster.
 */
const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['hlen', 'todo_tasks'],
  ['hget', 'todo_tasks', 'stop'],
  ['hrandfield', 'todo_tasks', '1'],
  ['hdel', 'todo_tasks', 'task'],
  ['hset', 'in_progress_tasks', 'task', 'worker'],
  ['hget', 'failed_tasks', 'task'],
  ['hset', 'finished_tasks', 'task', 'worker: ""'],
  ['hdel', 'in_progress_tasks', 'task'],
  ['hset', 'worker_status', 'worker', '0:0:0:0:0'],
];

export const COMMANDS_A_TASK = COMMANDS.length;

/** @returns tasks a second over so long */
export async function oneAfterTheOther(redis: Redis, ms: number): Promise<number> {
  return perSecond(ms, async () => {
    for (const [command, ...args] of COMMANDS) await redis.call(command, ...args);
  });
}

/** @returns tasks a second over so long */
export async function inOnePipeline(redis: Redis, ms: number): Promise<number> {
  return perSecond(ms, async () => {
    await redis.pipeline(COMMANDS.map(command => [...command])).exec();
  });
}

async function perSecond(ms: number, act: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  let done = 0;
  while (performance.now() - beganAt < ms) {
    await act();
    done++;
  }
  return (done * 1000) / (performance.now() - beganAt);
}
