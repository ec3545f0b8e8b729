import { describe, expect, it } from 'vitest';
import { history, type Minute } from '../../../src/queue/history';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, useQueue } from './harness';

const test = useQueue();

const minuteNow = async () => Math.floor(Number((await test.redis.time())[0]) / 60);

describe('the history of a queue', () => {
  it('has what ended in each minute, and what the cluster had when a worker last counted', async () => {
    const { queue } = test;
    await submit(queue, lines(5));
    const worker = await Actor.start(queue, 'w~1', { maxAttempts: 1, lanes: 8 });
    const [good = '', bad = ''] = await worker.claim(3);
    worker.finish(good);
    worker.fail(bad);
    await worker.cycle();
    await test.redis.del('distcomp:duty');
    await worker.renew();
    const now = await minuteNow();
    // The minute may have changed meanwhile.
    const found = await history(queue, now - 1, now);
    const total = (count: (minute: Minute) => number) =>
      found.reduce((sum, m) => sum + count(m), 0);
    expect([total(({ finished }) => finished), total(({ failed }) => failed)]).toEqual([1, 1]);
    const last = found.findLast(({ cluster }) => cluster !== undefined)?.cluster;
    expect(last).toMatchObject({ todo: 2, running: 1, lanes: 8 });
  });

  it('says of a minute in which no worker counted that it is not known', async () => {
    const now = await minuteNow();
    expect(await history(test.queue, now - 2, now)).toEqual(
      [now - 2, now - 1, now].map(minute => ({ minute, finished: 0, failed: 0 })),
    );
  });

  it('is read by one command a minute that is asked for, in a day too', async () => {
    const now = await minuteNow();
    const { redis, queue } = test;
    const day = await commandsDuring(redis, () => history(queue, now - 1439, now));
    expect(day.get('hmget')).toBe(1440);
    const latest = await commandsDuring(redis, () => history(queue, now - 1, now));
    expect(latest.get('hmget')).toBe(2);
    await expect(history(queue, now - 1500, now)).rejects.toThrow(RangeError);
  });
});
