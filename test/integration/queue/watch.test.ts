import { afterEach, describe, expect, it } from 'vitest';
import { submit } from '../../../src/queue/submit';
import { followEvents, type QueueEvent } from '../../../src/queue/watch';
import { Actor } from '../../setup/actor';
import { until } from '../../setup/until';
import { lines, useQueue } from './harness';

const test = useQueue();

/** What a follower was told so far: the events, and how often that anything may have changed. */
class Told {
  readonly events: QueueEvent[] = [];
  gaps = 0;
  readonly #follower: { close(): Promise<void> };

  constructor() {
    this.#follower = followEvents(test.queue, events => {
      this.events.push(...events);
      if (events.length === 0) this.gaps++;
    });
  }

  get kinds(): string[] {
    return this.events.map(event => event.kind);
  }

  close(): Promise<void> {
    return this.#follower.close();
  }
}

let open: Told[] = [];
const follow = () => {
  const told = new Told();
  open.push(told);
  return told;
};
afterEach(async () => {
  for (const told of open) await told.close();
  open = [];
});

/** Ids of the connections that wait for events now. */
async function waiting(): Promise<string[]> {
  const list = String(await test.redis.client('LIST'));
  const lines = list.split('\n').filter(line => line.includes('name=distcomp-events'));
  return lines
    .filter(line => line.includes('cmd=xread'))
    .map(line => /id=(\d+)/.exec(line)?.[1] ?? '');
}
const isWaiting = () => until(async () => (await waiting()).length === open.length);

describe('followEvents', () => {
  it('brings events as they come, with their fields, and none of before', async () => {
    const { queue } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    const told = follow();
    await isWaiting();
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    w.fail(line, { exit: 2, err: 'no' });
    await w.cycle();
    await until(() => told.kinds.filter(kind => kind === 'cycle').length === 2);
    expect(told.kinds).toEqual(['registered', 'cycle', 'attempt_failed', 'cycle']);
    expect(told.events[2]?.fields).toEqual({
      line,
      worker: 'w~1',
      attempt: '1',
      of: '4',
      signature: 'exit 2  no',
      final: '0',
    });
    expect(told.events[0]?.id).toMatch(/^\d+-\d+$/);
  });

  it('says once at its beginning that anything may have changed before', async () => {
    const told = follow();
    await until(() => told.gaps > 0);
    await isWaiting();
    await submit(test.queue, lines(1));
    await until(() => told.kinds.includes('submitted'));
    expect(told.gaps).toBe(1);
  });

  it('misses nothing that happens between two reads', async () => {
    const { queue } = test;
    const told = follow();
    await until(() => told.gaps > 0);
    const tasks = lines(300);
    for (const line of tasks) await submit(queue, [line]);
    await until(() => told.events.length === 300);
    expect(told.kinds.every(kind => kind === 'submitted')).toBe(true);
    expect(new Set(told.events.map(event => event.id)).size).toBe(300);
  });

  it('goes on after its connection was cut, and says that anything may have changed', async () => {
    const { queue, redis } = test;
    const told = follow();
    await isWaiting();
    const [id = ''] = await waiting();
    const { gaps } = told;
    await redis.client('KILL', 'ID', id);
    await submit(queue, lines(1));
    await until(() => told.gaps > gaps, { describe: 'the follower to come back' });
    await until(async () => (await waiting()).some(now => now !== id));
    await submit(queue, ['shell:1:0:0:after']);
    await until(() => told.kinds.includes('submitted'));
    expect(told.gaps).toBe(gaps + 1);
  });

  it('goes on after Redis was away, and is silent while it is', async () => {
    const { queue, redis, server } = test;
    const told = follow();
    await isWaiting();
    const { gaps } = told;
    await redis.save();
    await server.kill();
    const away = Date.now();
    await until(() => Date.now() - away > 1500);
    expect(told.gaps).toBe(gaps);
    await server.restart();
    await until(() => redis.ping());
    await until(() => told.gaps > gaps, { describe: 'the follower to come back' });
    await isWaiting();
    await submit(queue, lines(1));
    await until(() => told.kinds.includes('submitted'));
    expect(told.gaps).toBe(gaps + 1);
  });

  it('ends at once, and tells nothing more', async () => {
    const { queue } = test;
    const told = follow();
    await isWaiting();
    await told.close();
    open = [];
    await submit(queue, lines(1));
    await until(async () => (await waiting()).length === 0);
    expect(told.kinds).toEqual([]);
  });

  it('does not wait for its next try when it ends', async () => {
    let closingMs = 0;
    for (let n = 0; n < 20; n++) {
      follow();
      await isWaiting();
      const began = performance.now();
      await open.pop()?.close();
      closingMs += performance.now() - began;
      // Redis may still know this one: it must not be taken for the next.
      await until(async () => (await waiting()).length === 0);
    }
    // Each would wait a second.
    expect(closingMs).toBeLessThan(15_000);
  });

  it('ends before it was ever connected', async () => {
    await follow().close();
    open = [];
    await until(async () => (await waiting()).length === 0);
  });
});
