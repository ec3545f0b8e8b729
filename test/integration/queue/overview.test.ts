import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { overview } from '../../../src/queue/overview';
import { submit } from '../../../src/queue/submit';
import { undo } from '../../../src/queue/undo';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, lookSixTimes, total, useQueue } from './harness';

const test = useQueue();

describe('the overview of a queue', () => {
  it('of nothing says that nothing is known', async () => {
    const { progress, ...rest } = await overview(test.queue);
    expect(rest).toEqual({
      counts: await counts(test.queue),
      spent: { onRetries: 0, onLostWorkers: 0, byPeers: 0 },
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
    const { endedThisMinute, endedLastMinute, ...progress } = found.progress;
    expect(endedThisMinute + endedLastMinute).toBe(5);
    expect(progress.millisecondsThisMinute + progress.millisecondsLastMinute).toBe(5 * 1500);
    const [seconds = 0] = await redis.time();
    expect(Number(seconds) / 60 - progress.minute).toBeLessThan(2);
    expect(found.failures).toEqual({
      kinds: 2,
      mostFrequent: { signature: 'exit 1  ValueError: lr too large', count: 3 },
    });
    // As a heartbeat told, in this minute or in the one before.
    expect(found.lanes).toEqual({ all: 8, running: 0 });
  });

  it('has what was done twice and put right, until a clear, and again after its undo', async () => {
    const { queue, redis } = test;
    const [again = '', hopeless = '', lost = '', twice = '', fine = ''] = lines(5);
    await submit(queue, [again, hopeless]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 2 });
    await w.claim(2);
    w.fail(again);
    w.fail(hopeless);
    await w.cycle();
    // Both are tried again; one fails for good then, which is no retry more.
    expect(await w.claim(2)).toEqual([again, hopeless]);
    w.finish(again);
    w.fail(hopeless);
    await w.cycle();
    await submit(queue, [lost, twice, fine]);
    const gone = await Actor.start(queue, 'gone~1');
    expect(await gone.claim(1)).toEqual([lost]);
    await lookSixTimes(queue);
    // An original finished one that still stands in todo.
    await redis.hset('finished_tasks', twice, 'cloud1: ""');
    const other = await Actor.start(queue, 'other~1');
    const claimed = await other.claim(4);
    expect(claimed).toContain(fine);
    expect(claimed).not.toContain(twice);

    const spent = { onRetries: 2, onLostWorkers: 1, byPeers: 1 };
    expect((await overview(queue)).spent).toEqual(spent);
    const [retried, losses, peers] = await redis.hmget(
      queue.keys.stats,
      ...['attempts_retried', 'lost', 'by_peers'],
    );
    expect([retried, losses, peers]).toEqual(['2', '1', '1']);
    await clear(queue, { undoId: 'cleared' });
    expect((await overview(queue)).spent).toEqual({ onRetries: 0, onLostWorkers: 0, byPeers: 0 });
    expect(await redis.exists(queue.keys.stats)).toBe(0);
    await undo(queue, 'cleared');
    expect((await overview(queue)).spent).toEqual(spent);
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
