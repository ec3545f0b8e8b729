/** Names of workers of one machine, of machines that call themselves alike, and after a reset. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shortHostName } from '../../../src/host/machine';
import { parseHolder } from '../../../src/queue/membership';
import { submit } from '../../../src/queue/submit';
import { memorize, remember } from '../../setup/memory';
import { until } from '../../setup/until';
import { startWorker, type TestWorker, testFolder } from '../../setup/workers';
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

describe('a worker whose start Redis has forgotten', () => {
  it('takes its name again, with what its last start held, though a lower one is free', async () => {
    const keys = test.queue.keys;
    const before = await start({ slot: 2 });
    const folder = await testFolder();
    const line = `shell:5:0:0:while [ ! -e ${folder}/go ]; do sleep 0.05; done; echo $DISTCOMP_WORKER`;
    await submit(test.queue, [line]);
    await until(async () => (await test.redis.hget('in_progress_tasks', line)) === name(2));
    before.signal('SIGSTOP');
    const then = await memorize(test.redis);
    before.signal('SIGKILL');
    await before.ended;
    const now = await start({ slot: 2 });
    await remember(test.redis, then);
    await until(() => now.log().includes("The name is this one's again"));
    expect(await names()).toEqual([name(2)]);
    await writeFile(join(folder, 'go'), '');
    await until(async () => (await test.redis.hlen('finished_tasks')) === 1);
    // Nobody had to find it lost.
    expect(await test.redis.llen(keys.lost)).toBe(0);
    expect(await test.redis.hget('finished_tasks', line)).toContain(name(2));
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
