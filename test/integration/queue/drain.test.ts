import { describe, expect, it } from 'vitest';
import { drain } from '../../../src/queue/drain';
import { workers } from '../../../src/queue/workers';
import { Actor } from '../../setup/actor';
import { snapshot } from '../../setup/invariants';
import { heardDuring, useQueue } from './harness';

const test = useQueue();

const drainingNames = async () =>
  (await workers(test.queue)).filter(worker => worker.draining).map(({ name }) => name);

describe('draining', () => {
  it('is a state of a name, which its worker is told with the next heartbeat', async () => {
    const { queue } = test;
    const w = await Actor.start(queue, 'w~1');
    const v = await Actor.start(queue, 'v~1');
    expect(await heardDuring(queue, () => drain(queue, ['w~1']))).toEqual(['renew']);
    expect(await drainingNames()).toEqual(['w~1']);
    expect(await w.renew()).toMatchObject({ draining: true });
    expect(await v.renew()).toMatchObject({ draining: false });
  });

  it('ends with its worker: the next one of that name is not concerned', async () => {
    const { queue } = test;
    const w = await Actor.start(queue, 'w~1');
    await drain(queue, ['w~1']);
    await w.leave();
    await Actor.start(queue, 'w~1');
    expect(await drainingNames()).toEqual([]);
  });

  it('changes nothing when one of the names is nobody’s', async () => {
    const { queue, redis } = test;
    await Actor.start(queue, 'w~1');
    await redis.hset('worker_status', 'n1', '1:0:2:0:8');
    const before = await snapshot(redis);
    expect(await drain(queue, ['w~1', 'w~2', 'n1'])).toEqual(['w~2', 'n1']);
    expect(await drain(queue, [])).toEqual([]);
    expect(await snapshot(redis)).toEqual(before);
  });
});
