/** A sandbox whose commands find a Redis of its own, and a queue on that. Ended after each test. */
import { afterEach } from 'vitest';
import { connect } from '../../../src/queue/connection';
import { Queue } from '../../../src/queue/queue';
import { startRedis, type TestRedis } from '../../setup/redis';
import { type Sandbox, sandbox } from './sandbox';

export interface SandboxOnRedis {
  box: Sandbox;
  redis: TestRedis;
  queue: Queue;
  /** For the commands. */
  env: Record<string, string>;
}

const opened: SandboxOnRedis[] = [];

export async function sandboxOnRedis(): Promise<SandboxOnRedis> {
  const box = await sandbox();
  const redis = await startRedis();
  const queue = new Queue(await connect({ url: redis.url }, 'test'), 'default');
  const found = { box, redis, queue, env: { DISTCOMP_REDIS_URL: redis.url } };
  opened.push(found);
  return found;
}

afterEach(async () => {
  for (const { redis, queue } of opened.splice(0)) {
    queue.redis.disconnect();
    await redis.stop();
  }
});
