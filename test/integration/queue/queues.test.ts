import { describe, expect, it } from 'vitest';
import { Queue } from '../../../src/queue/queue';
import { queues } from '../../../src/queue/queues';
import { submit } from '../../../src/queue/submit';
import { lines, useQueue } from './harness';

const test = useQueue();

describe('the queues of a Redis', () => {
  it('have the default one among them though nothing was submitted', async () => {
    expect((await queues(test.redis)).map(({ name }) => name)).toEqual(['default']);
  });

  it('come by name, each with its counts; what is no name is left out', async () => {
    const { redis } = test;
    await submit(new Queue(redis, 'nightly'), lines(3));
    await submit(new Queue(redis, 'a.b'), lines(1));
    await redis.sadd('distcomp:queues', 'no name}:');
    const found = await queues(redis);
    expect(found.map(({ name, counts }) => [name, counts.todo])).toEqual([
      ['default', 0],
      ['a.b', 1],
      ['nightly', 3],
    ]);
  });
});
