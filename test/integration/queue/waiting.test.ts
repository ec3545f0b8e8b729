import { describe, expect, it } from 'vitest';
import { close } from '../../../src/queue/close';
import { drain } from '../../../src/queue/drain';
import { setLimits } from '../../../src/queue/limits';
import { pause, resume } from '../../../src/queue/pause';
import { submit } from '../../../src/queue/submit';
import type { WaitingReason } from '../../../src/queue/waiting';
import { whyWaiting } from '../../../src/queue/waitingFacts';
import { waitingWords } from '../../../src/queue/waitingWords';
import { Actor } from '../../setup/actor';
import { commandsDuring, lines, total, useQueue } from './harness';

const test = useQueue();

async function reasons(line: string): Promise<WaitingReason['kind'][]> {
  const { waiting } = await whyWaiting(test.queue, line);
  return (waiting?.reasons ?? []).map(({ kind }) => kind);
}

async function verdicts(line: string): Promise<Record<string, string>> {
  const { waiting } = await whyWaiting(test.queue, line);
  return Object.fromEntries(
    (waiting?.workers ?? []).map(({ worker, verdict }) => [worker.name, verdict]),
  );
}

describe('why a task waits', () => {
  it('is told of what waits alone', async () => {
    const { queue } = test;
    const [line = '', other = ''] = lines(2);
    expect(await whyWaiting(queue, line)).toMatchObject({ state: 'absent' });
    await submit(queue, [line, other]);
    expect(await reasons(line)).toEqual(['no_worker']);
    const w = await Actor.start(queue, 'w~1');
    expect(await reasons(line)).toEqual(['next']);
    expect(await reasons(other)).toEqual(['ahead']);
    await w.claim(1);
    const running = await whyWaiting(queue, line);
    expect(running).toMatchObject({ state: 'in_progress', owner: 'w~1' });
    expect(running.waiting).toBeUndefined();
  });

  it('follows the state of the queue', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await Actor.start(queue, 'w~1');
    await pause(queue);
    expect(await reasons(line)).toEqual(['paused']);
    await close(queue);
    expect(await reasons(line)).toEqual(['closed', 'paused']);
    await redis.hset('todo_tasks', 'shell:1:0:0:theirs', '');
    expect(await reasons('shell:1:0:0:theirs')).toContain('not_indexed');
    await drain(queue, ['w~1']);
    expect(await reasons(line)).toContain('no_worker');
  });

  it('says when the queue has reached its limit, or has paused itself', async () => {
    const { queue } = test;
    const [line = '', ...others] = lines(4);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await submit(queue, others);
    await setLimits(queue, { maxRunning: 2, stopAfterFailures: 1 });
    const [first = ''] = await w.claim(8);
    await submit(queue, [line]);
    expect(await reasons(line)).toEqual(['limit', 'ahead']);
    w.fail(first);
    await w.cycle();
    const { waiting } = await whyWaiting(queue, line);
    expect(waiting?.reasons[0]).toEqual({ kind: 'paused', afterFailures: 1 });
    await setLimits(queue, { maxRunning: null });
    await resume(queue);
    expect(await reasons(line)).toEqual(['ahead']);
  });

  it('counts what comes before it: higher priorities, and its own kind', async () => {
    const { queue } = test;
    const own = lines(5, 'shell:5:0:0');
    await submit(queue, [...own, ...lines(7, 'shell:9:1:0'), ...lines(4, 'shell:6:0:2')]);
    await submit(queue, lines(3, 'shell:5:8:0'));
    await Actor.start(queue, 'w~1');
    const { waiting } = await whyWaiting(queue, own[3] ?? '');
    expect(waiting?.reasons).toEqual([
      { kind: 'higher', tasks: 11 },
      { kind: 'ahead', tasks: 3 },
    ]);
  });

  it('knows when memory is given back by what runs, and how long that takes on average', async () => {
    const { queue, redis } = test;
    const small = lines(2, 'shell:9:20:0');
    const big = 'shell:1:50:0:big';
    await submit(queue, [...small, big]);
    const w = await Actor.start(queue, 'w~1', { capacityGb: 60 });
    await w.claim(2, { memoryGb: 60 });
    expect(w.lines.sort()).toEqual(small);
    const [seconds] = await redis.time();
    const minute = Math.floor(Number(seconds) / 60);
    // Ten tasks of 200 s each.
    await redis.hset(`${queue.keys.prefix}minutes:${minute}`, {
      finished: 9,
      failed: 1,
      milliseconds: 2_000_000,
    });
    await redis.hset('worker_status', w.name, `${seconds}:2.00:8.00:40.00:60.00`);
    await redis.hset(
      queue.keys.workers,
      w.name,
      JSON.stringify({ ...w.details, spare_gb: 60, promised_gb: 40 }),
    );
    const { waiting } = await whyWaiting(queue, big);
    expect(waiting && waitingWords(waiting)).toMatch(
      /^Waiting: needs 50 GB; the largest free is 20 GB on w~1\. w~1 \(60 GB\) will be free when 2 tasks end, in about [23] min\.$/,
    );
    expect(await verdicts(big)).toEqual({ 'w~1': 'memory_in_use' });
    // What it learned of a running task counts as what that gives back.
    await redis.hset(queue.keys.needs, small[0] ?? '', '35', small[1] ?? '', '35');
    const learned = (await whyWaiting(queue, big)).waiting?.reasons[0];
    expect(learned).toMatchObject({ kind: 'memory', later: { tasks: 1 } });
  });

  it('waits for another worker after a failure', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const w = await Actor.start(queue, 'w~1');
    await Actor.start(queue, 'v~1', { lanes: 0 });
    await w.claim(1);
    w.fail(line);
    await w.cycle();
    await w.renew();
    const { waiting } = await whyWaiting(queue, line);
    expect(waiting?.reasons[0]).toMatchObject({ kind: 'elsewhere', worker: 'w~1' });
    expect(await verdicts(line)).toEqual({ 'v~1': 'busy', 'w~1': 'failed_there' });
  });

  it('sees a worker that keeps itself free for it', async () => {
    const { queue } = test;
    const big = 'shell:5:50:0:big';
    await submit(queue, [big, ...lines(3, 'shell:1:30:0')]);
    const w = await Actor.start(queue, 'w~1', { capacityGb: 60 });
    const room = { memoryGb: 40, capacity: { memoryGb: 60, cores: 8 }, bigTaskWaitMs: 0 };
    await w.claim(1, room);
    expect(await reasons(big)).toContain('reserved_for_it');
    expect(await verdicts('shell:1:30:0:echo 1')).toEqual({ 'w~1': 'keeps_free' });
  });

  it('costs the same with 10 tasks and with 10,000, and as much for 200 workers as for two', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, lines(10));
    for (let n = 0; n < 2; n++) await Actor.start(queue, `node${n}~1`);
    const cost = () => commandsDuring(redis, () => whyWaiting(queue, line));
    await cost();
    const few = await cost();
    await submit(queue, lines(10_000));
    for (let n = 2; n < 200; n++) await Actor.start(queue, `node${n}~1`);
    const many = await cost();
    expect(many).toEqual(few);
    expect(total(many)).toBeLessThan(60);
    const forbidden = [...many.keys()].filter(name => /hvals|smembers|^keys$/.test(name));
    expect(forbidden).toEqual([]);
  });
});
