import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { pause, resume } from '../../../src/queue/pause';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { heardDuring, lines, useQueue } from './harness';

const test = useQueue();

describe('pausing', () => {
  it('is a state that counts and workers see, and ends with resuming', async () => {
    const { queue } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const [running = ''] = await w.claim(1);
    expect(await heardDuring(queue, () => pause(queue))).toEqual(['renew']);
    expect(await counts(queue)).toMatchObject({ paused: true, todo: 1, inProgress: 1 });
    expect(await w.claim(1)).toEqual([]);
    w.finish(running);
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ todo: 1, finished: 1 });
    await checkInvariants(queue, tasks);

    expect(await heardDuring(queue, () => resume(queue))).toEqual(['resumed']);
    expect(await counts(queue)).toMatchObject({ paused: false });
    expect((await w.claim(1)).length).toBe(1);
  });

  it('is noted as an event, once', async () => {
    const { queue, redis } = test;
    expect(await pause(queue)).toBe(true);
    const paused = await snapshot(redis);
    expect(await pause(queue)).toBe(false);
    expect(await snapshot(redis)).toEqual(paused);
    expect(await resume(queue)).toBe(true);
    expect(await resume(queue)).toBe(false);
    const events = await redis.xrange(queue.keys.events, '-', '+');
    expect(events.map(([, fields]) => fields)).toEqual([
      ['kind', 'paused'],
      ['kind', 'resumed'],
    ]);
  });
});
