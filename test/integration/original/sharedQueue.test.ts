/** The original and real workers of ours on one queue, in real time. */
import { describe, expect, it } from 'vitest';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { originals } from '../../../src/queue/originals';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { checkInvariants } from '../../setup/invariants';
import { OriginalManager } from '../../setup/original/manager';
import { OriginalWorker } from '../../setup/original/worker';
import { until } from '../../setup/until';
import {
  startWorker,
  type TestWorker,
  type TestWorkerOptions,
  testFolder,
} from '../../setup/workers';
import { lines, useQueue } from '../queue/harness';

const test = useQueue();

const ours = (options: Partial<TestWorkerOptions> = {}): Promise<TestWorker> =>
  startWorker({
    ...options,
    conf: { redis_url: test.server.url, worker_dead_seconds: 1.5, ...options.conf },
  });

/** Its seconds are short: it looks for tasks every 40 ms. */
const original = (name: string, max_task_per_worker = 32) =>
  new OriginalWorker(test.redis, name, { secondMs: 20, conf: { max_task_per_worker } });
const manager = () => new OriginalManager(test.redis);

/** Runs it meanwhile, and answers what ended its main loop, if anything did. */
async function running(
  worker: OriginalWorker,
  meanwhile: () => Promise<unknown>,
): Promise<Error | undefined> {
  const ended = worker.run().catch(() => undefined);
  try {
    await meanwhile();
  } finally {
    worker.stop();
    await ended;
  }
  return worker.main.error;
}

/** So many have finished, and whoever finished them has said all of it: an original does so in steps. */
const allFinished = (count: number) =>
  until(
    async () => {
      const { finished, inProgress } = await counts(test.queue);
      return finished === count && inProgress === 0;
    },
    { describe: async () => `${count} to finish: ${JSON.stringify(await counts(test.queue))}` },
  );

/** Whoever finished each of these tasks. */
async function finishers(tasks: readonly string[]): Promise<Set<string>> {
  const found = await Promise.all(tasks.map(line => details(test.queue, line)));
  return new Set(found.map(({ worker = '' }) => worker.split('~')[0] ?? ''));
}

describe('one queue', () => {
  it('is emptied by both: the original takes what we submit, we take what its manager loads', async () => {
    const { queue, redis } = test;
    // None ends before each of the two has begun one.
    const folder = await testFolder();
    const mark = `[ "$DISTCOMP_WORKER" ] && touch ${folder}/ours || touch ${folder}/theirs`;
    const both = `until [ -e ${folder}/ours ] && [ -e ${folder}/theirs ]; do sleep 0.05; done`;
    const command = `${mark}; ${both}; sleep 0.1`;
    const submitted = lines(12, 'shell:1:0:0').map(line => `${line}; ${command}`);
    const loaded = lines(12, 'shell:2:0:0').map(line => `${line}; ${command}`);
    await submit(queue, submitted);
    const load = await manager().loadTask(loaded.join('\n')).run();
    expect(load).toContain('load 12 tasks, add 12 task');
    const worker = await ours({ conf: { max_task_per_worker: 1 } });
    const n1 = original('n1', 4);
    const tasks = [...submitted, ...loaded];
    const error = await running(n1, () => allFinished(tasks.length));
    expect(error).toBeUndefined();
    expect((await finishers(tasks)).size).toBe(2);
    const printed = await manager().checkWorker().run();
    expect(printed).toMatch(/^n1 .* \d+ +\d+$/m);
    expect(printed).toMatch(/^\S+~1 .* 0 +\d+$/m);
    const status = await manager().checkTask().run();
    expect(status).toContain(
      '0 todo tasks, 0 in_progress tasks, 24 finished tasks, 0 failed tasks',
    );
    worker.signal('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(await redis.exists('in_progress_tasks')).toBe(0);
    await checkInvariants(queue, tasks);
  });

  it('finishes with us what an original fails: python, and text beyond ASCII', async () => {
    const { queue } = test;
    const tasks = ['python:1:0:0:print(1)', "shell:1:0:0:printf '\\303\\251t\\303\\251'"];
    await submit(queue, tasks);
    const n1 = original('n1');
    const error = await running(n1, async () => {
      await until(async () => (await test.redis.hlen('failed_tasks')) === 2, {
        describe: 'the original to fail both',
      });
      await ours();
      await until(async () => (await counts(queue)).finished === 2, { describe: 'us to finish' });
    });
    expect(error).toBeUndefined();
    const found = await Promise.all(tasks.map(line => details(queue, line)));
    expect(found.map(({ result }) => result)).toEqual(['1', 'été']);
    await sweep(queue, SWEEP_START, 500);
    await checkInvariants(queue, tasks);
  });

  it('shows the original’s manager our tasks in every state', async () => {
    const { queue, redis } = test;
    const [done = '', fails = '', runs = '', waits = ''] = [
      'shell:4:0:0:echo done',
      'shell:3:0:0:echo no >&2; exit 3',
      'shell:2:0:0:exec sleep 600',
      'shell:1:0:9999:echo waits',
    ];
    const tasks = [done, fails, runs, waits];
    await submit(queue, tasks);
    await ours({ conf: { max_retry_per_task: 1 } });
    await until(async () => {
      const { inProgress, finished, failed } = await counts(queue);
      return inProgress === 1 && finished === 1 && failed === 1;
    });
    const name = (await redis.hget('in_progress_tasks', runs)) ?? '';
    const printed = await manager().checkTask().run();
    expect(printed).toContain(
      '1 todo tasks, 1 in_progress tasks, 1 finished tasks, 1 failed tasks',
    );
    expect(printed).toContain(`task_params: exec sleep 600:         ${name}\n`);
    expect(printed).toContain(`task_params: echo done:         ${name}: "done"\n`);
    expect(printed).toContain(`task_params: echo no >&2; exit 3:         ${name},\n`);
    expect(printed).toContain('task_params: echo no >&2; exit 3:         "no"\n');
    const workers = await manager().checkWorker().run();
    expect(workers).toMatch(new RegExp(`^${name} .* 1 +1$`, 'm'));
  });
});

describe('an original', () => {
  it('that starts while tasks with colons wait does not stop at them', async () => {
    const { queue } = test;
    const plain = lines(3);
    const colons = lines(3).map(line => `${line}:b:c`);
    await submit(queue, [...plain, ...colons]);
    const n1 = original('n1');
    const error = await running(n1, async () => {
      await until(async () => (await counts(queue)).finished === 3, {
        describe: 'the original to finish what it can see',
      });
      expect(await states(queue, colons)).toEqual(['todo', 'todo', 'todo']);
      expect(await manager().checkTask().run()).toContain('0 todo tasks');
      // It goes on: it takes what comes now.
      await submit(queue, ['shell:1:0:0:echo one more']);
      await allFinished(4);
    });
    expect(error).toBeUndefined();
    await ours();
    await until(async () => (await counts(queue)).finished === 7, { describe: 'us to finish' });
    await checkInvariants(queue, [...plain, ...colons, 'shell:1:0:0:echo one more']);
  });

  it('that restarts while recovery would be due takes back what it ran, and nobody else does', async () => {
    const { queue, redis } = test;
    const [line = ''] = ['shell:1:0:0:exec sleep 600'];
    await submit(queue, [line]);
    const n1 = original('n1');
    const ended = n1.run();
    await until(async () => (await redis.hget('in_progress_tasks', line)) === 'n1');
    await until(async () => (await redis.hlen('worker_status')) === 1);
    // All of it is gone, as after a reboot; only Redis still says that it runs something.
    n1.stop();
    await ended;
    // Our worker on duty looks at it five times in vain.
    await ours({ conf: { max_task_per_worker: 1 } });
    await until(async () => (await originals(queue)).some(({ alive }) => !alive), {
      describe: 'n1 to be found dead',
    });
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'n1' });

    const again = original('n1');
    await again.main.stepTo('HDEL', 'in_progress_tasks', line);
    const beats = await redis.hget('worker_status', 'n1');
    // Looks go on meanwhile, and change nothing of what it has asserted.
    await until(async () => (await redis.hget(queue.keys.seen, 'n1'))?.endsWith(beats ?? '?'));
    expect(await redis.hgetall('in_progress_tasks')).toEqual({ [line]: 'n1' });
    await again.main.step();
    await again.main.step();
    expect(again.main.error).toBeUndefined();
    await until(async () => (await redis.hget('in_progress_tasks', line))?.includes('~'), {
      describe: 'one of ours to take what it gave back',
    });
    await again.heartbeat.step();
    expect((await originals(queue)).map(({ alive }) => alive)).toEqual([true]);
    expect((await details(queue, line)).losses).toBe(0);
  });
});

describe('a manager of the original', () => {
  it('that loads a file again and again under load runs no task twice', async () => {
    const { queue } = test;
    const tasks = lines(400);
    const file = `${tasks.join('\n')}\n`;
    // Nobody is found lost, however long one of them waits for a core.
    const patient = { conf: { worker_dead_seconds: 3600 } };
    const workers = [await ours(patient), await ours(patient)];
    let loads = 0;
    while ((await counts(queue)).finished < tasks.length) {
      const load = manager().loadTask(file);
      expect(await load.run()).toContain('load 400 tasks');
      loads += 1;
    }
    expect(loads).toBeGreaterThan(1);
    // The last load may have been stale: the worker on duty takes out what it added.
    await until(async () => (await counts(queue)).todo === 0, { describe: 'todo to be empty' });
    expect(new Set(await states(queue, tasks))).toEqual(new Set(['finished']));
    for (const line of tasks) expect((await details(queue, line)).attempts).toHaveLength(1);
    for (const worker of workers) worker.signal('SIGTERM');
    for (const worker of workers) expect(await worker.ended).toEqual({ code: 0, signal: null });
    await checkInvariants(queue, tasks);
  });
});
