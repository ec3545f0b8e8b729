/** One Redis and one queue for a test file, empty before each test. */
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { another, connect } from '../../../src/queue/connection';
import { DEFAULT_QUEUE } from '../../../src/queue/keys';
import { Queue } from '../../../src/queue/queue';
import { recover } from '../../../src/queue/recover';
import { startRedis, type TestRedis, type TestRedisOptions } from '../../setup/redis';
import { until } from '../../setup/until';

export interface QueueUnderTest {
  readonly server: TestRedis;
  /** The connection of the queue, made by `connect`. */
  readonly redis: Redis;
  readonly queue: Queue;
}

export function useQueue(options: TestRedisOptions = {}, name = DEFAULT_QUEUE): QueueUnderTest {
  let server: TestRedis | undefined;
  let redis: Redis | undefined;
  let queue: Queue | undefined;
  beforeAll(async () => {
    server = await startRedis(options);
    redis = await connect({ url: server.url }, 'test');
    queue = new Queue(redis, name);
  });
  beforeEach(async () => {
    await redis?.flushall();
  });
  afterAll(async () => {
    redis?.disconnect();
    await server?.stop();
  });
  const ready = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the queue is there once the tests of a file run');
    return value;
  };
  return {
    get server() {
      return ready(server);
    },
    get redis() {
      return ready(redis);
    },
    get queue() {
      return ready(queue);
    },
  };
}

/** `count` task lines that are all different. */
export function lines(count: number, fields = 'shell:1:0:0'): string[] {
  return Array.from({ length: count }, (_, i) => `${fields}:echo ${i}`);
}

/** How often each command ran meanwhile, those inside scripts included. */
export async function commandsDuring(
  redis: Redis,
  work: () => Promise<unknown>,
): Promise<Map<string, number>> {
  await redis.config('RESETSTAT');
  await work();
  const info = await redis.info('commandstats');
  const found = new Map<string, number>();
  for (const [, name = '', calls] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    if (name !== 'config|resetstat') found.set(name, Number(calls));
  }
  return found;
}

/**
 * What comes of `work`, in which `meanwhile` happens between the first of two looks and the second. The
 * second comes a second after the answer to the first, which is held back until `meanwhile` is over.
 *
 * @param look the script that looks, where others run before it; default: the first one
 */
export async function betweenLooks<T>(
  redis: Redis,
  work: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
  look?: { sha: string; text: string },
): Promise<T> {
  const calls = ['evalsha', 'eval'] as const;
  const letGo = () => {
    for (const call of calls) Reflect.deleteProperty(redis, call);
  };
  for (const call of calls) {
    const send: (...args: never[]) => unknown = redis[call];
    Reflect.set(redis, call, async (...args: unknown[]) => {
      // One that Redis does not know by its hash yet fails first.
      const answer: unknown = await Reflect.apply(send, redis, args);
      if (look && args[0] !== look.sha && args[0] !== look.text) return answer;
      letGo();
      await meanwhile();
      return answer;
    });
  }
  return await work().finally(letGo);
}

export function total(commands: ReadonlyMap<string, number>): number {
  return [...commands.values()].reduce((sum, calls) => sum + calls, 0);
}

/** First look and five without a change, as fast as looks may come. Answers the names found lost. */
export async function lookSixTimes(queue: Queue): Promise<string[]> {
  const lost: string[] = [];
  for (let look = 0; look < 6; look++) {
    lost.push(...(await recover(queue, 0)).map(({ worker }) => worker));
  }
  return lost;
}

/** What workers are told by pub/sub meanwhile. */
export async function heardDuring(
  { redis, keys }: Queue,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const listener = another(redis, 'test-listener');
  await listener.connect();
  const heard: string[] = [];
  listener.on('message', (_channel, message) => heard.push(message));
  await listener.subscribe(keys.wake);
  await work();
  const last = 'no more';
  await redis.publish(keys.wake, last);
  await until(() => heard.includes(last));
  listener.disconnect();
  return heard.slice(0, -1);
}
