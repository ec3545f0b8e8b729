/** The original as the tests emulate it, in real time: its round trips, its pauses, real shells. */

import { OriginalWorker } from '../../setup/original/worker';
import type { TestRedis } from '../../setup/redis';
import { waitFor } from './distcomp';

/** Tasks a second of one worker with the settings that it is shipped with, from the first look on. */
export async function originalRate(server: TestRedis, tasks: number): Promise<number> {
  const redis = server.client();
  await redis.select(1);
  await redis.flushdb();
  const todo = Array.from({ length: tasks }, (_, at) => [`shell:0:0:0:true ${at}`, '']).flat();
  await redis.hset('todo_tasks', ...todo);
  const worker = new OriginalWorker(redis, 'original');
  const ended = worker.run();
  const began = performance.now();
  await waitFor(async () => (await redis.hlen('finished_tasks')) === tasks, 'the original');
  const seconds = (performance.now() - began) / 1000;
  worker.stop();
  await ended;
  return tasks / seconds;
}
