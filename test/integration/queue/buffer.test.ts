/** Tasks that are claimed and not started yet. */
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { page } from '../../../src/queue/pages';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { lines, lookSixTimes, useQueue } from './harness';

const test = useQueue();

const buffered = (w: Actor) => w.lines.filter(line => w.held.get(line)?.runs === false);
const running = (w: Actor) => w.lines.filter(line => w.held.get(line)?.runs === true);

/** What a call is answered with, besides tasks. */
async function signs(w: Actor, options?: Parameters<Actor['prepareCycle']>[0]) {
  const call = w.prepareCycle(options);
  const answer = await call.send();
  w.accept(call, answer);
  if (answer.kind !== 'ok') throw new Error(answer.kind);
  return answer;
}

describe('buffered tasks', () => {
  it('come besides those that start, and are in progress without having started', async () => {
    const { queue } = test;
    const tasks = lines(10);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 2, buffer: 3 });
    expect(running(w)).toEqual(tasks.slice(0, 2));
    expect(buffered(w)).toEqual(tasks.slice(2, 5));
    expect(await counts(queue)).toMatchObject({ todo: 5, inProgress: 5 });
    const { rows } = await page(queue, 'in_progress', undefined, 10);
    const waiting = rows.filter(row => row.startedAt === undefined).map(row => row.line);
    expect(waiting.sort()).toEqual(buffered(w));
    await checkInvariants(queue, tasks);
  });

  it('have started once a later call says so', async () => {
    const { queue } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 1, buffer: 2 });
    const [first = ''] = running(w);
    const [next = ''] = buffered(w);
    w.finish(first);
    w.begin(next);
    await w.cycle();
    const { rows } = await page(queue, 'in_progress', undefined, 10);
    expect(rows.map(row => [row.line, row.startedAt !== undefined])).toEqual(
      expect.arrayContaining([
        [next, true],
        [tasks[2], false],
      ]),
    );
    w.finish(next);
    await w.cycle();
    expect(await counts(queue)).toMatchObject({ finished: 2, inProgress: 1 });
    await checkInvariants(queue, tasks);
  });

  it('have started once a heartbeat says that they run, though no call did', async () => {
    const { queue, redis } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ buffer: 2 });
    w.begin(tasks[0] ?? '');
    await w.renew();
    const entries = await redis.hgetall(`${queue.keys.prefix}owned:${w.instance}`);
    expect(entries[tasks[0] ?? '']).toMatch(/:[1-9]\d+$/);
    expect(entries[tasks[1] ?? '']).toMatch(/:0$/);
  });

  it('count no loss when their worker is lost, and started ones do', async () => {
    const { queue } = test;
    const tasks = lines(2);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 1, buffer: 1 });
    expect(await lookSixTimes(queue)).toEqual(['w~1']);
    expect((await details(queue, tasks[0] ?? '')).losses).toBe(1);
    expect(await details(queue, tasks[1] ?? '')).toMatchObject({ losses: 0, attempts: [] });
    await checkInvariants(queue, tasks);
  });

  it('are the same when the call is repeated', async () => {
    const { queue } = test;
    const tasks = lines(6);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const call = w.prepareCycle({ lanes: 1, buffer: 2 });
    await call.send();
    w.accept(call, await call.send());
    expect(running(w)).toHaveLength(1);
    expect(buffered(w)).toHaveLength(2);
    await checkInvariants(queue, tasks);
  });

  it('go back to the head of their bucket, with no attempt counted', async () => {
    const { queue } = test;
    const tasks = lines(5);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ buffer: 2 });
    for (const line of buffered(w).reverse()) w.giveBack(line);
    await w.cycle();
    const v = await Actor.start(queue, 'v~1');
    expect(await v.claim(2)).toEqual(tasks.slice(0, 2));
    expect(v.held.get(tasks[0] ?? '')?.attempt).toBe(1);
    await checkInvariants(queue, tasks);
  });

  it('come only from the highest bucket that fits what will be free', async () => {
    const { queue } = test;
    const tasks = ['shell:9:64:0:big', 'shell:5:2:0:a', 'shell:5:2:0:b', 'shell:1:0:0:low'];
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ buffer: 4, memoryGb: 8 });
    expect(buffered(w)).toEqual(['shell:5:2:0:a', 'shell:5:2:0:b']);
    await checkInvariants(queue, tasks);
  });

  it('are told when something of a higher priority waits that fits here, and then get no company', async () => {
    const { queue } = test;
    const low = lines(4, 'shell:1:0:0');
    await submit(queue, low);
    const w = await Actor.start(queue, 'w~1');
    expect((await signs(w, { buffer: 2 })).higher).toBe(false);
    await submit(queue, ['shell:9:64:0:too big for it']);
    expect((await signs(w, { buffer: 3, memoryGb: 8 })).higher).toBe(false);
    await submit(queue, ['shell:8:1:0:fits']);
    const before = w.lines.length;
    expect((await signs(w, { buffer: 3, memoryGb: 8 })).higher).toBe(true);
    expect(w.lines).toHaveLength(before);
  });
});

describe('idle others', () => {
  it('are told of to whoever asks after them, until they got what they asked for', async () => {
    const { queue } = test;
    const tasks = lines(3);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    const v = await Actor.start(queue, 'v~1');
    expect((await signs(w, { lanes: 1, buffer: 2 })).othersIdle).toBe(false);
    expect((await signs(v, { lanes: 2 })).othersIdle).toBe(false);
    expect(await w.renew()).toMatchObject({ othersIdle: true, todo: 0 });
    expect(await v.renew()).toMatchObject({ othersIdle: false });
    for (const line of buffered(w)) w.giveBack(line);
    expect((await signs(w)).othersIdle).toBe(true);
    await v.claim(2);
    expect(v.lines).toHaveLength(2);
    expect((await signs(w)).othersIdle).toBe(false);
    await checkInvariants(queue, tasks);
  });

  it('are not those that keep themselves free for a big task', async () => {
    const { queue } = test;
    await submit(queue, ['shell:5:64:0:big']);
    const w = await Actor.start(queue, 'w~1');
    const v = await Actor.start(queue, 'v~1');
    const capacity = { memoryGb: 100, cores: 8 };
    const answer = await signs(v, { lanes: 2, memoryGb: 10, capacity, bigTaskWaitMs: 0 });
    expect(answer.keepsFree).toBe(true);
    expect((await signs(w)).othersIdle).toBe(false);
  });

  it('are woken when tasks go back', async () => {
    const { queue, server } = test;
    const listener = server.client();
    const heard: string[] = [];
    listener.on('message', (_, message) => heard.push(message));
    await submit(queue, lines(2));
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ buffer: 2 });
    await listener.subscribe(queue.keys.wake);
    for (const line of w.lines) w.giveBack(line);
    await w.cycle();
    // What is published before the answer to a ping comes before it.
    await listener.ping();
    expect(heard).toEqual(['2']);
    listener.disconnect();
  });
});

describe('the lanes of all live workers', () => {
  it('are counted by the one on duty and told with every answer', async () => {
    const { queue, redis } = test;
    await Actor.start(queue, 'w~1', { lanes: 4 });
    const v = await Actor.start(queue, 'v~1', { lanes: 12 });
    // Whoever beats next is on duty.
    await redis.del(`${queue.keys.prefix}duty`);
    await v.renew();
    expect((await signs(v)).liveLanes).toBe(16);
    await v.leave();
    const w = await Actor.start(queue, 'u~1', { lanes: 1 });
    await redis.del(`${queue.keys.prefix}duty`);
    await w.renew();
    expect((await signs(w)).liveLanes).toBe(5);
  });

  it('are counted though a worker’s details are no JSON', async () => {
    const { queue, redis } = test;
    await redis.hset(queue.keys.workers, 'x~1', '{', 'y~1', '"text"', 'z~1', '{"lanes":"many"}');
    for (const name of ['x~1', 'y~1', 'z~1']) {
      await redis.hset(queue.keys.registry, name, `${name} machine boot 1 1`);
    }
    const w = await Actor.start(queue, 'w~1', { lanes: 3 });
    expect((await signs(w)).liveLanes).toBe(3);
  });
});

describe('the minute', () => {
  it('keeps what the cluster has and uses, each host once, beside what ended in it', async () => {
    const { queue, redis } = test;
    await submit(queue, lines(2));
    const a = await Actor.start(queue, 'node1~1', { machine: 'm1', lanes: 4 });
    await Actor.start(queue, 'node1~2', { machine: 'm1', lanes: 2 });
    await Actor.start(queue, 'node2~1', { machine: 'm2', lanes: 8 });
    const [line = ''] = await a.claim(2);
    a.finish(line);
    await a.cycle();
    await redis.del(`${queue.keys.prefix}duty`);
    await a.renew();
    const [key = ''] = (await redis.keys(`${queue.keys.prefix}minutes:*`)).sort().slice(-1);
    // Each actor says 200 cores and 23.54 GB of its host.
    expect(await redis.hgetall(key)).toMatchObject({
      workers: '3.00',
      lanes: '14.00',
      running: '1.00',
      cores: '400.00',
      gb: '47.08',
    });
    expect(await redis.ttl(key)).toBeGreaterThan(24 * 3600);
  });
});

describe('a paused queue', () => {
  it('gives out nothing, takes reports, and says so in every answer', async () => {
    const { queue, redis } = test;
    const tasks = lines(4);
    await submit(queue, tasks);
    const w = await Actor.start(queue, 'w~1');
    await w.cycle({ lanes: 1, buffer: 1 });
    await redis.set(queue.keys.paused, '1');
    w.finish(running(w)[0] ?? '');
    const answer = await signs(w, { lanes: 4, buffer: 4 });
    expect(answer).toMatchObject({ paused: true, claimed: [] });
    expect(await w.renew()).toMatchObject({ paused: true });
    expect(await states(queue, tasks)).toEqual(['finished', 'in_progress', 'todo', 'todo']);
    await redis.del(queue.keys.paused);
    expect(await w.claim(2)).toHaveLength(2);
    await checkInvariants(queue, tasks);
  });
});
