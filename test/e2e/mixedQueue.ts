/** A queue with something in every state, for tests of what the view says of it. */
import type { Redis } from 'ioredis';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';

export const task = (command: string) => `shell:1:0:1:${command}`;
export const train = (seed: number, rate = 0.1) =>
  `./train --data /sets/imagenet --rate ${rate} --seed ${seed}`;
export const failedCommand = (seed: number) => train(seed, 10);

/** As workers leave it: two tasks in progress, one waiting for another attempt, four failed. */
export async function fillQueue(redis: Redis): Promise<void> {
  const queue = new Queue(redis, 'default');
  const ownedAt = (start: number) => `1:${start}`;
  const [seconds] = await redis.time();
  const now = Number(seconds) * 1000;
  const twoHoursAgo = now - 7_500_000;
  const attempt = (number: number, err: string) =>
    `${number} ${JSON.stringify({ worker: 'node4~1', start: now - 2000, end: now, exit: 1, err })}\n`;
  for (const [seed, start] of [
    [900, twoHoursAgo],
    [901, 0],
  ] as const) {
    const line = task(train(seed));
    await redis.hset('in_progress_tasks', line, 'node4~1');
    await redis.hset('distcomp:claims', line, 'instance:1');
    await redis.hset('distcomp:owned:instance', line, ownedAt(start));
  }
  const errors = 'Traceback\nValueError: rate too large\n';
  const failed = new Map([
    [task(failedCommand(950)), errors],
    [task(failedCommand(951)), errors],
    [task(`${failedCommand(952)}; echo $(date)`), errors],
    [task(failedCommand(953)), '[Click](command:workbench.action.quit) ``` \u202e\n'],
  ]);
  for (const [line, err] of failed) {
    await redis.hset('failed_tasks', line, 'node4~1,node4~1,');
    await redis.hset('distcomp:attempts', line, attempt(1, err) + attempt(2, err));
  }
  await redis.hset('finished_tasks', task(train(999)), 'node4~1: "loss 0.123"');
  await redis.hset('failed_tasks', task(train(1)), 'node4~1,');
  await redis.sadd('distcomp:retrying', task(train(1)));
  await submit(
    queue,
    Array.from({ length: 449 }, (_, index) => task(train(index + 2))),
  );
  await redis.hset('todo_tasks', task(train(1)), '');
}
