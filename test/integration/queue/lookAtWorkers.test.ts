import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { lookAtWorkers } from '../../../src/queue/lookAtWorkers';
import { originals } from '../../../src/queue/originals';
import { submit } from '../../../src/queue/submit';
import { roster } from '../../../src/queue/workers';
import { Actor } from '../../setup/actor';
import { checkInvariants, snapshot } from '../../setup/invariants';
import { until } from '../../setup/until';
import { lines, useQueue } from './harness';

const test = useQueue();

let second = 1_700_000_000;
const beat = (name: string) => test.redis.hset('worker_status', name, `${++second}:1.00:8:3.25:64`);

/** What comes of looking while these heartbeats go on. */
async function whileBeating<T>(looking: Promise<T>, beat: () => Promise<unknown>): Promise<T> {
  let ended = false;
  const result = looking.finally(() => {
    ended = true;
  });
  await until(async () => {
    await beat();
    return ended;
  });
  return result;
}

describe('looking at workers', () => {
  it('ends when it is known of each original whether it is alive', async () => {
    const { queue } = test;
    await beat('dead');
    await beat('lives');
    await whileBeating(lookAtWorkers(queue, 0.5), () => beat('lives'));
    const found = new Map((await originals(queue)).map(one => [one.worker, one.alive]));
    expect(found).toEqual(
      new Map([
        ['dead', false],
        ['lives', true],
      ]),
    );
  });

  it('takes back what those of ours had that do not answer, and tells since when', async () => {
    const { queue, redis } = test;
    const tasks = lines(5);
    await submit(queue, tasks);
    const lives = await Actor.start(queue, 'lives~1');
    const [before = 0] = await redis.time();
    const gone = await Actor.start(queue, 'gone~1');
    const [after = 0] = await redis.time();
    await lives.claim(2);
    await gone.claim(3);
    const [lost, ...others] = await whileBeating(lookAtWorkers(queue, 0.5), () => lives.renew());
    expect(others).toEqual([]);
    expect(lost).toMatchObject({ worker: 'gone~1', tasks: 3 });
    expect(await counts(queue)).toMatchObject({ todo: 3, inProgress: 2, workers: 1 });
    const { workers, lost: remembered } = await roster(queue);
    expect(workers.map(({ name }) => name)).toEqual(['lives~1']);
    expect(remembered).toMatchObject([{ name: 'gone~1', tasks: 3 }]);
    // Of the last heartbeat, by the clock of Redis: whole seconds.
    expect(remembered[0]?.sinceMs).toBeGreaterThanOrEqual(Number(before) * 1000);
    expect(remembered[0]?.sinceMs).toBeLessThanOrEqual(Number(after) * 1000);
    await checkInvariants(queue, tasks);
  });

  it('waits for those alone that are named', async () => {
    const { queue } = test;
    await Actor.start(queue, 'silent~1');
    const named = await Actor.start(queue, 'named~1');
    const only = ['named~1', 'nobody~1'];
    const looking = lookAtWorkers(queue, 3600, { only });
    expect(await whileBeating(looking, () => named.renew())).toEqual([]);
  });

  it('ends early when nobody waits any more, and takes nothing back then', async () => {
    const { queue } = test;
    const tasks = lines(1);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    const waiting = new AbortController();
    const looking = lookAtWorkers(queue, 3600, { signal: waiting.signal });
    waiting.abort();
    expect(await looking).toEqual([]);
    expect(await counts(queue)).toMatchObject({ inProgress: 1, workers: 1 });
  });

  it('takes no time when there is none', async () => {
    const { queue, redis } = test;
    const before = await snapshot(redis);
    expect(await lookAtWorkers(queue, 3600)).toEqual([]);
    expect(await snapshot(redis)).toEqual(before);
  });
});

describe('workers that were lost', () => {
  it('are told of until somebody has their name again', async () => {
    const { queue, redis } = test;
    const w = await Actor.start(queue, 'w~1');
    await Actor.start(queue, 'v~1');
    await lookAtWorkers(queue, 0.05);
    expect((await roster(queue)).lost.map(({ name }) => name)).toEqual(['v~1', 'w~1']);
    await w.renew();
    expect((await roster(queue)).lost.map(({ name }) => name)).toEqual(['v~1']);
    const [entry = ''] = await redis.lrange(queue.keys.lost, 0, 0);
    const dayAgo = Number(entry.split(':')[0]) - 25 * 3_600_000;
    await redis.del(queue.keys.lost);
    await redis.rpush(queue.keys.lost, entry.replace(/^\d+/, String(dayAgo)), 'nonsense', '1:2:3:');
    expect((await roster(queue)).lost).toEqual([]);
  });

  it('are at most a hundred', async () => {
    const { queue, redis } = test;
    for (let n = 0; n < 110; n++) await new Actor(queue, `w~${n}`).register();
    await lookAtWorkers(queue, 0.05);
    expect(await redis.llen(queue.keys.lost)).toBe(100);
  });
});
