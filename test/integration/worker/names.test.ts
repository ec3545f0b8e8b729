/** Names of workers of one machine, of machines that call themselves alike, and after a reset. */
import { describe, expect, it } from 'vitest';
import { shortHostName } from '../../../src/host/machine';
import { parseHolder } from '../../../src/queue/membership';
import { submit } from '../../../src/queue/submit';
import { until } from '../../setup/until';
import { startWorker, type TestWorker } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();

const name = (slot: number) => `${shortHostName()}~${slot}`;
const names = async () => (await test.redis.hkeys(test.queue.keys.registry)).sort();

function start(
  options: { slot?: number; before?: string; waitUntilReady?: boolean } = {},
): Promise<TestWorker> {
  const { slot, ...rest } = options;
  return startWorker({
    conf: { redis_url: test.server.url },
    args: slot === undefined ? [] : ['--slot', String(slot)],
    ...rest,
  });
}

/** Sees no process of the others, and is not seen: to them it is on another machine. */
const ANOTHER_MACHINE = 'exec unshare --pid --fork --kill-child --mount-proc "$@"';

describe('workers of one machine', () => {
  it('that are launched at once take one slot each', async () => {
    await Promise.all([start(), start(), start()]);
    expect(await names()).toEqual([name(1), name(2), name(3)]);
    const holders = Object.values(await test.redis.hgetall(test.queue.keys.registry)).map(
      parseHolder,
    );
    expect(new Set(holders.map(holder => holder?.machine)).size).toBe(1);
    expect(new Set(holders.map(holder => holder?.pid)).size).toBe(3);
  });

  it('that are launched at once for one slot are one: the other says so and ends with 0', async () => {
    const both = await Promise.all([
      start({ slot: 2, waitUntilReady: false }),
      start({ slot: 2, waitUntilReady: false }),
    ]);
    const first = await Promise.race(both.map(async worker => (await worker.ended) && worker));
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(first.log()).toContain(`${name(2)} is already running on this machine.`);
    const other = both.find(worker => worker !== first);
    await until(() => other?.log().includes(`${name(2)} takes tasks`));
    expect(await names()).toEqual([name(2)]);
  });

  it('come back under their names after a FLUSHALL, and work', async () => {
    await Promise.all([start(), start()]);
    const before = await test.redis.hgetall(test.queue.keys.registry);
    await test.redis.flushall();
    await until(async () => (await test.redis.hlen(test.queue.keys.registry)) === 2);
    expect(await test.redis.hgetall(test.queue.keys.registry)).toEqual(before);
    await submit(test.queue, ['shell:1:0:0:echo again']);
    await until(async () => (await test.redis.hlen('finished_tasks')) === 1);
  });
});

describe('a machine that calls itself like another', () => {
  it('takes names of its own, and takes nothing over from the other', async () => {
    const ours = await start({ slot: 1 });
    await start({ slot: 1, before: ANOTHER_MACHINE });
    expect(await names()).toEqual([name(1), name(101)]);
    ours.signal('SIGKILL');
    await ours.ended;
    // To the one over there this slot is not its own: only here it is known that nobody has it.
    const again = await start({ slot: 1 });
    expect(again.log()).toContain(`${name(1)} takes tasks`);
    expect(await names()).toEqual([name(1), name(101)]);
  });
});
