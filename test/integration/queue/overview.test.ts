import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { overview } from '../../../src/queue/overview';
import { submit } from '../../../src/queue/submit';
import { undo } from '../../../src/queue/undo';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, total, useQueue } from './harness';

const test = useQueue();

describe('the overview of a queue', () => {
  it('of nothing says that nothing is known', async () => {
    const { progress, ...rest } = await overview(test.queue);
    expect(rest).toEqual({
      counts: await counts(test.queue),
      failures: { kinds: 0 },
      waitingForRoom: 0,
    });
    expect(progress).toMatchObject({ ended: 0, endedThisMinute: 0, endedLastMinute: 0 });
  });

  it('has what ended, the lanes, and the most frequent failure', async () => {
    const { queue, redis } = test;
    const [ok = '', once = '', ...wrong] = lines(5);
    await submit(queue, [ok, once, ...wrong]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(5);
    w.finish(ok, 'out');
    w.fail(once, { exit: 2 });
    for (const line of wrong) w.fail(line, { exit: 1, err: 'ValueError: lr too large' });
    await w.cycle();
    await w.renew();
    const found = await overview(queue);
    expect(found.counts).toMatchObject({ finished: 1, failed: 4, workers: 1 });
    expect(found.progress.ended).toBe(5);
    // They ended in this minute, or in the one that is just over.
    expect(found.progress.endedThisMinute + found.progress.endedLastMinute).toBe(5);
    expect(found.failures).toEqual({
      kinds: 2,
      mostFrequent: { signature: 'exit 1  ValueError: lr too large', count: 3 },
    });
    const [minute = ''] = await redis.keys('distcomp:minutes:*');
    expect(found.lanes).toEqual({
      all: Number(await redis.hget(minute, 'lanes')),
      running: Number(await redis.hget(minute, 'running')),
    });
  });

  it('names no failure where there are too many kinds to look through', async () => {
    const { queue, redis } = test;
    const kinds = Array.from({ length: 300 }, (_, i) => [
      `exit ${i}  ${'long '.repeat(20)}`,
      i + 1,
    ]);
    await redis.hset('distcomp:failures', Object.fromEntries(kinds.slice(0, 250)));
    expect((await overview(queue)).failures).toEqual({
      kinds: 250,
      mostFrequent: { signature: `exit 249  ${'long '.repeat(20)}`, count: 250 },
    });
    await redis.hset('distcomp:failures', Object.fromEntries(kinds));
    expect((await overview(queue)).failures).toEqual({ kinds: 300 });
  });

  it('has another mark after tasks were moved that nobody ran', async () => {
    const { queue } = test;
    const tasks = lines(20);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const marks = [(await overview(queue)).progress.mark];
    const next = async () => marks.push((await overview(queue)).progress.mark);
    w.finish((await w.claim(1))[0] ?? '');
    await w.cycle();
    expect((await overview(queue)).progress.mark).toBe(marks[0]);
    await cancel(queue, tasks.slice(10));
    await next();
    await clear(queue, { undoId: 'cleared' });
    await next();
    await undo(queue, 'cleared');
    await next();
    expect(new Set(marks).size).toBe(4);
  });

  it('is one call, whose cost grows with neither tasks nor workers', async () => {
    const { queue, redis } = test;
    const cost = async () => total(await commandsDuring(redis, () => overview(queue)));
    await overview(queue);
    const alone = await cost();
    await submit(queue, lines(5000));
    for (let i = 1; i <= 20; i++) await (await Actor.start(queue, `w~${i}`)).claim(3);
    expect(await cost()).toBe(alone);
    expect(alone).toBeLessThan(50);
  });
});
