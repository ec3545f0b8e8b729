import { describe, expect, it } from 'vitest';
import { submit } from '../../../src/queue/submit';
import { workers } from '../../../src/queue/workers';
import { Actor, OriginalActor } from '../../setup/actor';
import { commandsDuring, lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

const redisSeconds = async () => Number((await test.redis.time())[0]);

describe('the workers of a queue', () => {
  it('are ours by name, then those of the original', async () => {
    const { queue, redis } = test;
    const now = await redisSeconds();
    await redis.hset('worker_status', 'cloud3', `${now - 60}:1.50:8:3.25:64`);
    for (const name of ['node10~1', 'node9~1']) await Actor.start(queue, name);
    const found = await workers(queue);
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ['node9~1', 'ours'],
      ['node10~1', 'ours'],
      ['cloud3', 'original'],
    ]);
    expect(found[2]).toMatchObject({
      load: { usedCores: 1.5, totalCores: 8, usedGb: 3.25, totalGb: 64 },
      looksWithoutChange: 0,
      draining: false,
      details: { switches: {} },
    });
    const age = found[2]?.heartbeatAgeMs ?? 0;
    expect(age).toBeGreaterThanOrEqual(60_000);
    expect(age).toBeLessThan(61_000 + 1000 * ((await redisSeconds()) - now));
  });

  it('say of themselves what they are and do', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1');
    const details = {
      pid: 17,
      version: '0.1.0',
      state: 'working',
      lanes: 4,
      capacity_gb: 12.5,
      running: 2,
      buffered: 3,
      rate: 0.5,
      ended: 1_204,
      failed: 14,
      recent_ended: 50,
      recent_failed: 2,
      mean_ms: 4_210.5,
      deviation_ms: 512.3,
      problem: 'the disk is full',
      switches: { lanes: true, prefetch: 4 },
    };
    await redis.hset(queue.keys.workers, 'w~1', JSON.stringify(details));
    expect(await workers(queue)).toMatchObject([{ name: 'w~1', instance: w.instance, details }]);
  });

  it.each(['draining', 'stopping'])('drain where their host has them end: %s', async state => {
    const { queue, redis } = test;
    await Actor.start(queue, 'w~1');
    await redis.hset(queue.keys.workers, 'w~1', JSON.stringify({ state }));
    expect(await workers(queue)).toMatchObject([{ name: 'w~1', draining: true }]);
    await redis.hset(queue.keys.workers, 'w~1', JSON.stringify({ state: 'working' }));
    expect(await workers(queue)).toMatchObject([{ name: 'w~1', draining: false }]);
  });

  it('are believed nothing that does not make sense', async () => {
    const { queue, redis } = test;
    for (const name of ['a~1', 'b~1', 'c~1', 'd~1']) await Actor.start(queue, name);
    await redis.hset(queue.keys.workers, {
      'a~1': 'no JSON',
      'b~1': '[1, 2]',
      'c~1':
        '{"pid":"1","lanes":-1,"running":1e999,"rate":null,"ended":-3,"mean_ms":"7","version":{},"switches":{"a":"x","b":true,"__proto__":1},"problem":7}',
      'd~1': JSON.stringify({ problem: 'x'.repeat(100_000), lanes: 3 }),
    });
    await redis.hset('worker_status', 'a~1', 'garbage', 'b~1', '17', 'n1', '::::', 'n2', '1:2');
    const found = new Map((await workers(queue)).map(worker => [worker.name, worker]));
    expect(found.get('a~1')?.details).toEqual({ switches: {} });
    expect(found.get('a~1')).not.toHaveProperty('heartbeatAgeMs');
    expect(found.get('b~1')?.details).toEqual({ switches: {} });
    expect(found.get('b~1')).not.toHaveProperty('load');
    expect(found.get('c~1')?.details).toEqual({ switches: { b: true } });
    expect(found.get('d~1')?.details).toEqual({ switches: {} });
    expect(found.get('n1')).not.toHaveProperty('load');
    expect(found.get('n2')).not.toHaveProperty('load');
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it('are looked at: unchanged heartbeats are counted', async () => {
    const { queue, redis } = test;
    await redis.hset('worker_status', 'n1', `${await redisSeconds()}:1:8:3:64`);
    const looks = async () => (await workers(queue)).map(worker => worker.looksWithoutChange);
    expect(await looks()).toEqual([0]);
    await lookSixTimes(queue);
    expect(await looks()).toEqual([5]);
    await redis.hset('worker_status', 'n1', `${(await redisSeconds()) + 2}:1:8:3:64`);
    expect(await looks()).toEqual([0]);
  });

  it('are found without reading tasks, however many there are', async () => {
    const { queue, redis } = test;
    await Actor.start(queue, 'w~1');
    const n1 = new OriginalActor(redis, 'n1');
    const cost = () => commandsDuring(redis, () => workers(queue));
    await cost();
    const few = await cost();
    await submit(queue, lines(500));
    for (const line of lines(50)) await n1.claim(line);
    const many = await cost();
    expect(many).toEqual(few);
    expect([...many.keys()].filter(name => /scan|hvals|hlen/.test(name))).toEqual([]);
  });
});
