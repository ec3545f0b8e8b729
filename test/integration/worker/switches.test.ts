/** Each optimisation on and off, and settings that change while a worker runs. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { submit } from '../../../src/queue/submit';
import { twoBeats } from '../../setup/beats';
import { type LongWay, longWay } from '../../setup/longWay';
import { OriginalWorker } from '../../setup/original/worker';
import { until } from '../../setup/until';
import { startWorker, type TestWorker, testFolder } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();

const ALL_OFF = {
  pipeline: false,
  adaptive_polling: false,
  wakeup: false,
  prefetch: 0,
  lanes: false,
};

const finished = (count: number) =>
  until(async () => (await test.redis.hlen('finished_tasks')) === count, {
    describe: async () => `${count} finished, now ${await test.redis.hlen('finished_tasks')}`,
  });

/** All commands that arrive meanwhile, those inside scripts included: who sent it, and its words. */
async function monitored(work: () => Promise<void>): Promise<{ lua: boolean; words: string[] }[]> {
  const monitor = await test.server.client().monitor();
  const seen: { lua: boolean; words: string[] }[] = [];
  monitor.on('monitor', (_time: string, words: string[], source: string) => {
    seen.push({ lua: source === 'lua', words });
  });
  await work();
  await test.redis.echo('all is seen');
  await until(() => seen.some(({ words }) => words[1] === 'all is seen'));
  monitor.disconnect();
  return seen;
}

const TASK_HASHES = ['todo_tasks', 'in_progress_tasks', 'finished_tasks', 'failed_tasks'];

/** Writes to the tasks of the original's hashes in their order, those left out that change nothing. */
function writes(commands: { words: string[] }[], before: readonly string[]): string[] {
  const fields = new Map(TASK_HASHES.map(key => [key, new Set<string>()]));
  for (const line of before) fields.get('todo_tasks')?.add(line);
  const found: string[] = [];
  for (const { words } of commands) {
    const [name = '', key = '', field = ''] = words;
    const hash = fields.get(key);
    if (name.toUpperCase() === 'HSET' && hash) {
      hash.add(field);
      found.push(`HSET ${key} ${field}`);
    } else if (name.toUpperCase() === 'HDEL' && hash?.delete(field)) {
      found.push(`HDEL ${key} ${field}`);
    }
  }
  return found;
}

describe('with all optimisations off', () => {
  const tasks = ['shell:3:0:0:echo a', 'shell:2:0:0:exit 3', 'shell:1:0:0:echo b'];
  const conf = {
    max_retry_per_task: 1,
    max_task_per_worker: 1,
    min_dram_gb_accept_new_task: 0,
    sleep_sec_between_accepting_task: 0.05,
  };
  const ended = () =>
    until(
      async () =>
        (await test.redis.hlen('finished_tasks')) + (await test.redis.hlen('failed_tasks')) === 3,
    );

  it('a worker changes the shared hashes by the original’s commands, in the original’s order', async () => {
    await test.redis.hset('todo_tasks', Object.fromEntries(tasks.map(line => [line, ''])));
    const theirs = await monitored(async () => {
      const original = new OriginalWorker(test.redis, 'node1', {
        conf,
        secondMs: 10,
        freeCores: 0,
      });
      const runs = original.run();
      await ended();
      await until(async () => (await test.redis.exists('in_progress_tasks')) === 0);
      original.stop();
      await runs;
    });
    await test.redis.flushall();
    await submit(test.queue, tasks);
    const ours = await monitored(async () => {
      await startWorker({ conf: { redis_url: test.server.url, ...conf, ...ALL_OFF } });
      await ended();
    });
    const expected = tasks.flatMap(line => [
      `HDEL todo_tasks ${line}`,
      `HSET in_progress_tasks ${line}`,
      `HSET ${line.includes('exit') ? 'failed' : 'finished'}_tasks ${line}`,
      `HDEL in_progress_tasks ${line}`,
    ]);
    expect(writes(theirs, tasks)).toEqual(expected);
    expect(writes(ours, tasks)).toEqual(expected);
  });

  it('each claim and each report is a round trip of its own', async () => {
    const many = Array.from({ length: 12 }, (_, i) => `shell:1:0:0:echo ${i}`);
    await submit(test.queue, many);
    const commands = await monitored(async () => {
      const off = { ...conf, ...ALL_OFF, max_task_per_worker: 4 };
      await startWorker({ conf: { redis_url: test.server.url, ...off } });
      await finished(many.length);
    });
    const moved: string[][] = [];
    for (const { lua, words } of commands) {
      if (!lua) moved.push([]);
      const [name = '', key = ''] = words;
      if (name === 'HSET' && /^(in_progress|finished)_tasks$/.test(key)) moved.at(-1)?.push(key);
    }
    const some = moved.filter(keys => keys.length > 0);
    expect(some).toHaveLength(2 * many.length);
    expect(some.every(keys => keys.length === 1)).toBe(true);
  });
});

describe('with all optimisations on', () => {
  let way: LongWay;
  beforeAll(async () => {
    way = await longWay(test.server.port);
    // Long beside the tasks on a machine of any speed, so that it pays to claim some ahead.
    way.delayMs = 20;
  });
  afterAll(() => way.close());

  it('a report brings the next task with it, and some are claimed before they can start', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `shell:1:0:0:true ${i}`);
    const redis_url = `redis://127.0.0.1:${way.port}`;
    const commands = await monitored(async () => {
      await startWorker({ conf: { redis_url, max_task_per_worker: 2 } });
      // Before its second heartbeat it claims nothing ahead.
      await twoBeats(test.redis);
      await submit(test.queue, many);
      await finished(many.length);
    });
    const scripts: string[][] = [];
    for (const { lua, words } of commands) {
      if (!lua) scripts.push([]);
      else scripts.at(-1)?.push(words.slice(0, 2).join(' '));
    }
    const both = (words: string[]) =>
      words.includes('HSET finished_tasks') && words.includes('HSET in_progress_tasks');
    expect(scripts.some(both)).toBe(true);
    // Fewer round trips than claims and reports by themselves would take.
    const cycles = scripts.filter(words => words.includes('HSET finished_tasks'));
    expect(cycles.length).toBeLessThanOrEqual(many.length);
    const owned = commands.filter(({ words }) => words[1]?.startsWith('distcomp:owned:'));
    expect(owned.some(({ words }) => words[0] === 'HSET' && words[3]?.endsWith(':0'))).toBe(true);
  });
});

describe('settings that change while a worker runs', () => {
  let folder: string;
  let path: string;

  /** As an editor writes it: the file is another one afterwards. */
  async function write(text: string): Promise<void> {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }

  const configure = (conf: Record<string, unknown>) =>
    write(JSON.stringify({ ...base(), ...conf }));

  const base = () => ({
    redis_url: test.server.url,
    result_dir: folder,
    health_report_interval: 0.2,
    worker_dead_seconds: 5,
    max_task_per_worker: 2,
    min_dram_gb_accept_new_task: 0,
    min_dram_gb_trigger_return: 0,
  });

  async function start(conf: Record<string, unknown>): Promise<TestWorker> {
    folder = await testFolder();
    path = join(folder, 'live.json');
    await configure(conf);
    return startWorker({ folder, conf: {}, args: ['--config', path] });
  }

  async function switches(): Promise<Record<string, unknown>> {
    const [text = '{}'] = await test.redis.hvals(test.queue.keys.workers);
    return JSON.parse(text).switches;
  }

  const shows = (expected: Record<string, unknown>) =>
    until(async () => isDeepStrictEqual(await switches(), expected), {
      describe: async () => `the switches ${JSON.stringify(await switches())} to change`,
    });

  it('are shown by the worker, and counted from its next heartbeat on', async () => {
    const worker = await start({});
    await shows({ pipeline: true, adaptive_polling: true, wakeup: true, prefetch: 4, lanes: true });
    await configure(ALL_OFF);
    await shows(ALL_OFF);
    expect(worker.log()).toMatch(/The configuration changed: .*prefetch/);
  });

  it('wake a worker that waits for its next look when wake-up is switched on', async () => {
    const slow = { adaptive_polling: false, sleep_sec_between_accepting_task: 3600 };
    await start({ ...slow, wakeup: false });
    await until(async () => (await test.redis.hlen(test.queue.keys.workers)) === 1);
    // Its first look found nothing: the next is in an hour.
    await until(async () => (await test.redis.get(test.queue.keys.hungry)) !== null);
    await submit(test.queue, ['shell:1:0:0:echo first']);
    await twoBeats(test.redis);
    expect(await test.redis.hlen('todo_tasks')).toBe(1);
    await configure({ ...slow, wakeup: true });
    await finished(1);
    await submit(test.queue, ['shell:1:0:0:echo second']);
    await finished(2);
  });

  it('let what runs go on as it began when lanes are switched off', async () => {
    const worker = await start({});
    const parent = 'cat /proc/$PPID/comm';
    const long = `shell:1:0:0:until test -e go; do sleep 0.05; done; ${parent}`;
    await submit(test.queue, [long]);
    await until(async () => (await test.redis.hlen('in_progress_tasks')) === 1);
    await configure({ lanes: false });
    await until(async () => (await switches()).lanes === false);
    await submit(test.queue, [`shell:1:0:0:${parent}`]);
    await finished(1);
    await writeFile(join(folder, 'go'), '');
    await finished(2);
    const results = await test.redis.hgetall('finished_tasks');
    expect(results[`shell:1:0:0:${parent}`]).toMatch(/: "node"$/);
    expect(results[long]).toMatch(/: "(dash|sh)"$/);
    worker.signal('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  });

  it('change nothing while the file is wrong, which is said once', async () => {
    const worker = await start({ prefetch: 2 });
    await until(async () => (await switches()).prefetch === 2);
    // At once: read while it is empty, it would be wrong in two ways.
    await write((await readFile(path, 'utf8')).slice(0, -5));
    await until(() => worker.log().includes(`${path} changed and is not used`));
    await configure({ prefetch: -1 });
    await until(() => worker.log().includes('prefetch must be a whole number'));
    await twoBeats(test.redis);
    expect((await switches()).prefetch).toBe(2);
    await configure({ prefetch: 3 });
    await until(async () => (await switches()).prefetch === 3);
    expect(worker.log().match(/changed and is not used/g)).toHaveLength(2);
  });

  it('of its connection count from its next start, and the worker says so', async () => {
    const worker = await start({});
    await configure({ redis_url: 'redis://127.0.0.1:1/' });
    await until(() => worker.log().includes("Counts from this worker's next start: redis_url."));
    await submit(test.queue, ['shell:1:0:0:echo still here']);
    await finished(1);
  });
});

describe('a worker that is asked to', () => {
  it('drain finishes what it runs, gives back what it buffered, and ends', async () => {
    const worker = await startWorker({ conf: { redis_url: test.server.url } });
    await submit(test.queue, ['shell:1:0:0:until test -e go; do sleep 0.05; done; echo done']);
    await until(async () => (await test.redis.hlen('in_progress_tasks')) === 1);
    const [name = ''] = await test.redis.hkeys(test.queue.keys.registry);
    await test.redis.sadd(test.queue.keys.draining, name);
    await test.redis.publish(test.queue.keys.wake, 'renew');
    await until(() => worker.log().includes('Asked to end'));
    await submit(test.queue, ['shell:1:0:0:echo too late']);
    await writeFile(join(worker.folder, 'go'), '');
    expect(await worker.ended).toMatchObject({ code: 0 });
    expect(await test.redis.hlen('finished_tasks')).toBe(1);
    expect(await test.redis.hkeys('todo_tasks')).toEqual(['shell:1:0:0:echo too late']);
    expect(await test.redis.exists(test.queue.keys.draining, test.queue.keys.registry)).toBe(0);
  });

  it('pause starts nothing new and lets what runs end, then goes on', async () => {
    const worker = await startWorker({
      conf: { redis_url: test.server.url, max_task_per_worker: 1 },
    });
    await submit(test.queue, ['shell:2:0:0:until test -e go; do sleep 0.05; done; echo done']);
    await until(async () => (await test.redis.hlen('in_progress_tasks')) === 1);
    await test.redis.set(test.queue.keys.paused, '1');
    await test.redis.publish(test.queue.keys.wake, 'renew');
    await until(() => worker.log().includes('The queue is paused'));
    await submit(test.queue, ['shell:1:0:0:echo next']);
    await writeFile(join(worker.folder, 'go'), '');
    await finished(1);
    // It has asked again since, and got nothing.
    const seq = await test.redis.get(`${test.queue.keys.prefix}last:${await instance()}`);
    await until(
      async () =>
        (await test.redis.get(`${test.queue.keys.prefix}last:${await instance()}`)) !== seq,
    );
    expect(await test.redis.hkeys('todo_tasks')).toEqual(['shell:1:0:0:echo next']);
    await test.redis.del(test.queue.keys.paused);
    await test.redis.publish(test.queue.keys.wake, '1');
    await finished(2);
    expect(worker.log()).toContain('The queue goes on.');
  });
});

async function instance(): Promise<string> {
  const [holder = ''] = await test.redis.hvals(test.queue.keys.registry);
  return holder.split(' ')[0] ?? '';
}
