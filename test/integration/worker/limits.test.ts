/** Real workers on a queue with limits: what runs is told by the tasks themselves. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { counts } from '../../../src/queue/counts';
import { setLimits } from '../../../src/queue/limits';
import { resume } from '../../../src/queue/pause';
import { submit } from '../../../src/queue/submit';
import { checkInvariants } from '../../setup/invariants';
import { until } from '../../setup/until';
import { startWorker, testFolder } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();

const conf = () => ({ redis_url: test.server.url, max_retry_per_task: 1 });

const finished = (count: number) =>
  until(async () => (await test.redis.hlen('finished_tasks')) === count, {
    describe: async () => `${count} finished: ${JSON.stringify(await counts(test.queue))}`,
  });

/** A task that leaves a folder while it runs, and notes how many there were when it had begun. */
const counting = (n: number, wait: string) =>
  `shell:1:0:0:mkdir on.${n}; ls -d on.* | wc -l >> seen; ${wait}; rmdir on.${n}`;

/** A task that runs until its gate is there. */
const waiting = (n: number) =>
  `shell:1:0:0:touch on.${n}; while [ ! -e gate.${n} ]; do sleep 0.02; done; rm on.${n}`;

async function seenIn(folder: string): Promise<number[]> {
  return (await readFile(join(folder, 'seen'), 'utf8')).trim().split('\n').map(Number);
}

async function running(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter(name => name.startsWith('on.')).sort();
}

describe('a queue that runs at most two tasks', () => {
  it('never has more of them on eight lanes of two workers, and ends them all', async () => {
    const folder = await testFolder();
    // The first one runs until there were two.
    const two = "until grep -q '[2-9]' seen; do sleep 0.02; done";
    const tasks = Array.from({ length: 40 }, (_, n) =>
      counting(n, n === 0 ? two : `sleep ${n % 3 === 0 ? 0.1 : 0.01}`),
    );
    await setLimits(test.queue, { maxRunning: 2 });
    await Promise.all([1, 2].map(() => startWorker({ conf: conf(), folder })));
    await submit(test.queue, tasks);
    await finished(tasks.length);
    const seen = await seenIn(folder);
    expect(seen).toHaveLength(tasks.length);
    expect(Math.max(...seen)).toBe(2);
    await checkInvariants(test.queue, tasks);
  });

  it('costs one claim a task, though six lanes are free for more', async () => {
    const { queue, redis } = test;
    const tasks = Array.from({ length: 200 }, (_, n) => `shell:1:0:0:true ${n}`);
    await submit(queue, tasks);
    await setLimits(queue, { maxRunning: 1 });
    await redis.config('RESETSTAT');
    const prefetch = { prefetch: 0, max_task_per_worker: 7 };
    await startWorker({ conf: { ...conf(), ...prefetch } });
    await finished(tasks.length);
    // Each call that claims looks at the index once.
    const looks = /zrange:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1];
    expect(Number(looks)).toBeGreaterThanOrEqual(tasks.length);
    expect(Number(looks)).toBeLessThan(tasks.length * 1.2);
  });

  it('has another worker start the next one when one is cancelled', async () => {
    const { queue, redis } = test;
    const [one, two] = [await testFolder(), await testFolder()];
    const tasks = [0, 1, 2, 3].map(waiting);
    await submit(queue, tasks);
    await setLimits(queue, { maxRunning: 2 });
    await startWorker({ conf: { ...conf(), max_task_per_worker: 2 }, folder: one });
    await until(async () => (await running(one)).length === 2);
    await startWorker({ conf: { ...conf(), max_task_per_worker: 2 }, folder: two });
    const line = waiting(0);
    await cancel(queue, [line]);
    await until(async () => (await counts(queue)).held === 2);
    const count = async () => (await running(one)).length + (await running(two)).length;
    // The file of the cancelled one stays: its task was ended.
    await until(async () => (await count()) === 3);
    for (const folder of [one, two]) {
      for (const n of [1, 2, 3]) await writeFile(join(folder, `gate.${n}`), '');
    }
    await finished(3);
    expect(await redis.hkeys('failed_tasks')).toEqual([line]);
  });

  it('goes on at once with more when the limit is raised', async () => {
    const folder = await testFolder();
    await submit(test.queue, [0, 1, 2, 3, 4].map(waiting));
    await setLimits(test.queue, { maxRunning: 1 });
    await startWorker({ conf: { ...conf(), max_task_per_worker: 8 }, folder });
    await until(async () => (await running(folder)).length === 1);
    await setLimits(test.queue, { maxRunning: 3 });
    await until(async () => (await running(folder)).length === 3);
    await setLimits(test.queue, { maxRunning: null });
    await until(async () => (await running(folder)).length === 5);
    for (const n of [0, 1, 2, 3, 4]) await writeFile(join(folder, `gate.${n}`), '');
    await finished(5);
  });

  it('gives back what is buffered, in its order, when the limit falls below what is held', async () => {
    const { queue, redis } = test;
    const folder = await testFolder();
    // Short ones let a worker buffer; then those come that wait.
    const short = Array.from({ length: 400 }, (_, n) => `shell:2:0:0:true ${n}`);
    const long = Array.from({ length: 60 }, (_, n) => waiting(n));
    await startWorker({ conf: { ...conf(), prefetch: 4, max_task_per_worker: 4 }, folder });
    await submit(test.queue, [...short, ...long]);
    await until(async () => (await running(folder)).length === 4);
    await setLimits(test.queue, { maxRunning: 2 });
    await until(async () => (await counts(test.queue)).held === 4);
    const held = await redis.hkeys(queue.keys.claims);
    const waits = await redis.lrange(`${queue.keys.prefix}ready:1:0:0`, 0, -1);
    expect(waits).toEqual(long.filter(line => !held.includes(line)));
    const on = await running(folder);
    for (const name of on.slice(0, 2))
      await writeFile(join(folder, name.replace('on', 'gate')), '');
    await until(async () => (await counts(test.queue)).held === 2);
    expect(await running(folder)).toEqual(on.slice(2));
    await setLimits(test.queue, { maxRunning: null });
    for (let n = 0; n < 60; n++) await writeFile(join(folder, `gate.${n}`), '');
    await finished(460);
  });
});

describe('a queue that pauses itself after failures', () => {
  it('starts nothing more, says why, and goes on when it is resumed', async () => {
    const { queue } = test;
    const folder = await testFolder();
    const bad = Array.from({ length: 3 }, (_, n) => `shell:9:0:0:echo bad >> ran; exit ${n + 1}`);
    const good = Array.from({ length: 12 }, (_, n) => `shell:1:0:0:echo good ${n} >> ran`);
    await submit(queue, [...bad, ...good]);
    await setLimits(queue, { stopAfterFailures: 3 });
    await startWorker({ conf: { ...conf(), max_task_per_worker: 1 }, folder });
    await until(async () => (await counts(queue)).paused);
    expect(await counts(queue)).toMatchObject({ failed: 3, todo: 12, pausedAfterFailures: 3 });
    expect(await readFile(join(folder, 'ran'), 'utf8')).toBe('bad\nbad\nbad\n');
    await resume(queue);
    await finished(good.length);
    expect(await counts(queue)).toMatchObject({ paused: false, limits: { failures: 0 } });
    await checkInvariants(queue, [...bad, ...good]);
  });

  it('starts nothing that a worker has claimed ahead when the last of them fails there', async () => {
    const { queue, redis } = test;
    const folder = await testFolder();
    // Short ones let a worker claim ahead; the one that fails comes among them.
    const before = Array.from({ length: 400 }, (_, n) => `shell:1:0:0:true ${n}`);
    const after = Array.from(
      { length: 200 },
      (_, n) => `shell:1:0:0:[ ! -e failed ] || echo ${n} >> ran`,
    );
    const bad = 'shell:1:0:0:touch failed; exit 1';
    await setLimits(queue, { stopAfterFailures: 1 });
    const often = { max_task_per_worker: 1, health_report_interval: 1 };
    await startWorker({ conf: { ...conf(), ...often }, folder });
    // It claims ahead once it has lived for two heartbeats.
    await until(async () => Number((await redis.get(queue.keys.capacity))?.split(':')[0]) === 1);
    await submit(queue, [...before, bad, ...after]);
    await until(async () => (await counts(queue)).paused);
    await until(async () => (await counts(queue)).held === 0);
    expect(await readdir(folder)).not.toContain('ran');
    const { failed, todo, finished: ended } = await counts(queue);
    expect(failed).toBe(1);
    // Where the worker had to wait, what it gave back may have come before.
    expect(todo + ended).toBe(before.length + after.length);
    await resume(queue);
    await finished(before.length + after.length);
    await checkInvariants(queue, [...before, bad, ...after]);
  });
});
