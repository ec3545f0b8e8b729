import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { recover } from '../../../src/queue/recover';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor, OriginalActor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { until } from '../../setup/until';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

describe('recover', () => {
  it('finds a worker lost after five looks without a change, not before', async () => {
    const { queue } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const began = Date.now();
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    for (let look = 0; look < 5; look++) expect(await recover(queue, 0)).toEqual([]);
    expect(await counts(queue)).toMatchObject({ inProgress: 2, workers: 1 });
    const [lost, ...others] = await recover(queue, 0);
    expect(others).toEqual([]);
    expect(lost).toMatchObject({ worker: 'w~1', tasks: 2 });
    expect(lost?.silentMs).toBeGreaterThanOrEqual(0);
    // A heartbeat is of a whole second.
    expect(lost?.silentMs).toBeLessThan(Date.now() - began + 1000);
    expect(await counts(queue)).toMatchObject({ todo: 2, inProgress: 0, workers: 0 });
    expect(await recover(queue, 0)).toEqual([]);
    await checkInvariants(queue, tasks);
  });

  it('begins to count again with each change of the heartbeat', async () => {
    const { queue } = test;
    const w = await Actor.start(queue, 'w~1');
    for (let beat = 0; beat < 4; beat++) {
      for (let look = 0; look < 5; look++) expect(await recover(queue, 0)).toEqual([]);
      await w.renew();
    }
    expect(await lookSixTimes(queue)).toEqual(['w~1']);
  });

  it('counts at most one look in a fifth of the time, however many look', async () => {
    const { queue, redis } = test;
    await Actor.start(queue, 'w~1');
    await recover(queue, 3600);
    for (let look = 0; look < 50; look++) expect(await recover(queue, 3600)).toEqual([]);
    expect(await redis.hget(queue.keys.seen, 'w~1')).toMatch(/^0:/);

    // With real time: five fifths of it at least.
    const deadSeconds = 0.5;
    const first = Date.now();
    await until(async () => (await recover(queue, deadSeconds)).length > 0, {
      describe: 'w~1 to be lost',
    });
    expect(Date.now() - first).toBeGreaterThanOrEqual(4 * deadSeconds * 200);
  });

  it('takes a worker that registered and never had a heartbeat for lost like any other', async () => {
    const { queue } = test;
    await new Actor(queue, 'w~1').register();
    expect(await lookSixTimes(queue)).toEqual(['w~1']);
    expect(await counts(queue)).toMatchObject({ workers: 0 });
  });

  it('counts a loss for started tasks, none for buffered ones, and takes nothing else', async () => {
    const { queue, redis } = test;
    const tasks = lines(4);
    const [started = '', buffered = '', other = ''] = tasks;
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const v = await Actor.start(queue, 'v~1');
    await w.claim(2);
    await v.claim(1);
    await redis.hset(`distcomp:owned:${w.instance}`, buffered, `${w.seq}:0`);
    for (let look = 0; look < 6; look++) {
      await v.renew();
      await recover(queue, 0);
    }
    expect(await counts(queue)).toMatchObject({ todo: 3, inProgress: 1, workers: 1 });
    expect(await details(queue, started)).toMatchObject({ losses: 1, failedOn: [] });
    expect(await details(queue, buffered)).toMatchObject({ losses: 0, attempts: [] });
    expect(await details(queue, other)).toMatchObject({ worker: 'v~1', losses: 0 });
    expect(await redis.hkeys('worker_status')).toEqual(['v~1']);
    await checkInvariants(queue, tasks);
  });

  it('fails a task with its third loss, its name and reason as the original writes them', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    for (let n = 1; n <= 3; n++) {
      const w = await Actor.start(queue, `w~${n}`);
      await w.claim(1);
      await lookSixTimes(queue);
      await checkInvariants(queue, [line]);
    }
    expect(await states(queue, [line])).toEqual(['failed']);
    expect(await redis.hgetall('failed_tasks')).toEqual({ [line]: 'w~3,' });
    expect(JSON.parse((await redis.hget('task_fail_reason', line)) ?? '')).toBe(
      'lost: its worker died 3 times while it ran',
    );
    expect(await redis.lrange(queue.keys.recentFailed, 0, -1)).toEqual([`3 ${line}`]);
    expect(await redis.hgetall(queue.keys.stats)).toMatchObject({ lost: '3', failed: '1' });
  });

  it('keeps the failures of a lost task: it still waits for another attempt', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1', { retryElsewhereMs: 0 });
    await w.claim(1);
    w.fail(line);
    await w.claim(1);
    await lookSixTimes(queue);
    expect(await counts(queue)).toMatchObject({ todo: 1, waitingForRetry: 1 });
    const { attempts, failedOn } = await details(queue, line);
    expect({ attempts: attempts.length, failedOn }).toEqual({ attempts: 2, failedOn: ['w~1'] });
    await checkInvariants(queue, [line]);
  });

  it('never recovers an original', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await new OriginalActor(redis, 'n1').claim(line);
    await redis.hset('worker_status', 'n1', '1795485575:0.78:2.00:0.83:23.54');
    await redis.hset(queue.keys.registry, 'n1', 'i m b 1 1');
    expect(await lookSixTimes(queue)).toEqual([]);
    expect(await states(queue, [line])).toEqual(['in_progress']);
    await redis.del(queue.keys.registry);
    await checkInvariants(queue, [line]);
  });

  it('looks at all of 250 workers, and several at once find each lost one once', async () => {
    const { queue } = test;
    for (let i = 0; i < 250; i++) await new Actor(queue, `w~${i}`).register();
    const lost: string[] = [];
    for (let look = 0; look < 6; look++) {
      const answers = await Promise.all([recover(queue, 0), recover(queue, 0)]);
      lost.push(...answers.flat().map(({ worker }) => worker));
    }
    expect(lost.length).toBe(250);
    expect(new Set(lost).size).toBe(250);
  });
});
