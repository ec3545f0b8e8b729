import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { details } from '../../../src/queue/details';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { twoBeats } from '../../setup/beats';
import { isAlive } from '../../setup/processes';
import { startRedis, type TestRedis } from '../../setup/redis';
import { until } from '../../setup/until';
import { startWorker, testFolder } from '../../setup/workers';

let server: TestRedis;
let redis: Redis;
let queue: Queue;

beforeAll(async () => {
  server = await startRedis({ appendonly: true });
  redis = server.client();
  queue = new Queue(redis, 'default');
});
beforeEach(() => redis.flushall());
afterAll(() => server.stop());

const conf = (more: Record<string, unknown> = {}) => ({ redis_url: server.url, ...more });
const running = () => redis.hlen('in_progress_tasks');
const finished = () => redis.hlen('finished_tasks');

/** Waits until the first attempt of a task has made its mark. */
const marked = (folder: string, name: string) =>
  until(() => existsSync(join(folder, name)), { describe: `file ${name}` });

describe('a worker that is told to end', () => {
  it('finishes what runs at the first TERM, starts nothing new, and leaves its name', async () => {
    const slow = 'shell:5:0:0:touch started; while [ ! -e go ]; do sleep 0.05; done; echo slow';
    await submit(queue, [slow, 'shell:1:0:0:echo waiting']);
    const worker = await startWorker({ conf: conf({ max_task_per_worker: 1 }) });
    await until(running, { describe: 'the slow task to run' });
    worker.signal('SIGTERM');
    await until(() => worker.log().includes('Draining'));
    execFileSync('touch', [join(worker.folder, 'go')]);
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(await redis.hget('finished_tasks', slow)).toMatch(/"slow"$/);
    expect(await redis.hlen('todo_tasks')).toBe(1);
    expect(await redis.hlen('distcomp:registry')).toBe(0);
    expect(await redis.hlen('worker_status')).toBe(0);
  });

  it('gives back what runs at the second TERM, without counting an attempt', async () => {
    const line = 'shell:5:0:0:echo $$ > tmp; mv tmp pid; exec sleep 300';
    await submit(queue, [line]);
    const worker = await startWorker({ conf: conf() });
    await marked(worker.folder, 'pid');
    worker.signal('SIGTERM');
    await until(() => worker.log().includes('Draining'));
    worker.signal('SIGTERM');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(await redis.hlen('todo_tasks')).toBe(1);
    expect(await running()).toBe(0);
    const found = await details(queue, line);
    expect([found.state, found.attempts.length, found.losses]).toEqual(['todo', 0, 0]);
    const pid = (await readFile(join(worker.folder, 'pid'), 'utf8')).trim();
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });

  it('ends when the original closes the queue, and leaves its stop field', async () => {
    const worker = await startWorker({ conf: conf() });
    await redis.hset('todo_tasks', 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE', '');
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(await redis.hlen('todo_tasks')).toBe(1);
  });
});

describe('a worker that dies', () => {
  it('has its tasks recovered by its next start at once, and nothing it ran lives on', async () => {
    const line =
      'shell:5:0:0:[ $DISTCOMP_ATTEMPT = 2 ] && exit; echo $$ > tmp; mv tmp pid; exec sleep 300';
    await submit(queue, [line]);
    const first = await startWorker({ conf: conf({ worker_dead_seconds: 3600 }) });
    await marked(first.folder, 'pid');
    first.signal('SIGKILL');
    await first.ended;
    const second = await startWorker({
      conf: conf({ worker_dead_seconds: 3600 }),
      folder: first.folder,
    });
    await until(async () => (await finished()) === 1, { describe: 'the second attempt' });
    expect(second.log()).toContain('1 tasks of its last start went back to the queue');
    const found = await details(queue, line);
    expect(found.attempts.map(({ lost }) => lost ?? false)).toEqual([false, true]);
    const pid = await readFile(join(first.folder, 'pid'), 'utf8');
    await until(() => !isAlive(Number(pid)), { describe: 'the first attempt to be ended' });
  });

  it('is found lost by a peer after five looks, and its tasks run there', async () => {
    const line = 'shell:5:0:0:touch ran; [ $DISTCOMP_ATTEMPT = 1 ] && exec sleep 300; echo again';
    await submit(queue, [line]);
    const first = await startWorker({ conf: conf(), args: ['--slot', '1'] });
    await marked(first.folder, 'ran');
    const second = await startWorker({ conf: conf(), args: ['--slot', '2'] });
    first.signal('SIGKILL');
    await until(async () => (await finished()) === 1, { describe: 'the task to run on the peer' });
    expect(second.log()).toMatch(/~1 is lost/);
    expect(await redis.hget('finished_tasks', line)).toMatch(/~2: "again"$/);
    expect(Object.keys(await redis.hgetall('worker_status'))).toEqual([
      expect.stringMatching(/~2$/),
    ]);
  });

  it('fails a task that killed it three times', async () => {
    // The parent of a lane is the worker.
    const line = 'shell:5:0:0:kill -9 $(ps -o ppid= -p $(ps -o ppid= -p $$))';
    await submit(queue, [line]);
    const folder = await testFolder();
    for (let start = 1; start <= 3; start++) {
      const worker = await startWorker({ conf: conf(), folder });
      expect((await worker.ended).signal).toBe('SIGKILL');
    }
    await startWorker({ conf: conf(), folder });
    const found = await details(queue, line);
    expect([found.state, found.losses]).toEqual(['failed', 3]);
    expect(found.failedOn).toHaveLength(1);
    expect(found.reason).toContain('its worker died 3 times');
  });
});

describe('a worker that thaws after it was found lost', () => {
  it('ends its attempt when a peer has the task, and no result is recorded twice', async () => {
    const line = 'shell:5:0:0:echo $DISTCOMP_WORKER >> ran; while [ ! -e go ]; do sleep 0.05; done';
    await submit(queue, [line]);
    const folder = await testFolder();
    const first = await startWorker({ conf: conf(), folder, args: ['--slot', '1'] });
    await marked(folder, 'ran');
    first.signal('SIGSTOP');
    await startWorker({ conf: conf(), folder, args: ['--slot', '2'] });
    await until(async () => (await redis.hget('in_progress_tasks', line))?.endsWith('~2'), {
      describe: 'the peer to have the task',
    });
    first.signal('SIGCONT');
    await until(() => first.log().includes('No longer ours'));
    execFileSync('touch', [join(folder, 'go')]);
    await until(async () => (await finished()) === 1);
    expect(await redis.hget('finished_tasks', line)).toMatch(/~2: ""$/);
    expect(await redis.llen('distcomp:recent:finished')).toBe(1);
    expect(await redis.hlen('distcomp:claims')).toBe(0);
  });
});

/** Tasks of this worker, by its name in Redis, that are claimed and not started. */
async function bufferedBy(name: string): Promise<string[]> {
  const [instance = ''] = (await redis.hget(queue.keys.registry, name))?.split(' ') ?? [];
  const owned = await redis.hgetall(`${queue.keys.prefix}owned:${instance}`);
  return Object.keys(owned).filter(line => owned[line]?.endsWith(':0'));
}

describe('a worker that thaws with tasks in its buffer', () => {
  it('starts none of them, since a peer may have run them', async () => {
    const folder = await testFolder();
    const ran = async () => (await readFile(join(folder, 'ran'), 'utf8')).trim().split('\n');
    const quick = conf({ health_report_interval: 1, worker_dead_seconds: 5 });
    const first = await startWorker({ conf: quick, folder, args: ['--slot', '1'] });
    // Before its second heartbeat it buffers nothing, and all might have ended by then.
    await twoBeats(redis);
    const [name = ''] = await redis.hkeys(queue.keys.registry);
    const commands = Array.from({ length: 2000 }, (_, n) => `echo $DISTCOMP_WORKER ${n} >> ran`);
    await submit(
      queue,
      commands.map(command => `shell:1:0:0:${command}`),
    );
    let buffered: string[] = [];
    // At some moments there is nothing in its buffer.
    await until(
      async () => {
        first.signal('SIGSTOP');
        buffered = await bufferedBy(name);
        if (buffered.length > 0) return true;
        first.signal('SIGCONT');
        return false;
      },
      { describe: 'tasks in its buffer' },
    );
    await startWorker({ conf: quick, folder, args: ['--slot', '2'] });
    await until(async () => (await finished()) === commands.length, {
      describe: 'the peer to have run all',
    });
    const before = await ran();

    first.signal('SIGCONT');
    await until(async () => (await redis.hkeys(queue.keys.registry)).length === 2, {
      describe: 'it to be registered again',
    });
    await twoBeats(redis);
    // One that it had begun to start goes on, as what ran, until the worker hears that it is not its own.
    const numbers = buffered.map(line => / (\d+) >>/.exec(line)?.[1]);
    const since = (await ran()).slice(before.length).map(words => words.split(' ')[1]);
    expect(since.filter(number => numbers.includes(number))).toEqual([]);
  });
});

describe('a worker whose Redis goes away', () => {
  it('goes on with what runs, reports when Redis is back, and is not lost', async () => {
    const line = 'shell:5:0:0:touch ran; while [ ! -e go ]; do sleep 0.05; done; echo kept';
    await submit(queue, [line]);
    const worker = await startWorker({ conf: conf() });
    await marked(worker.folder, 'ran');
    await server.kill();
    await until(() => worker.log().includes('Redis does not answer'));
    execFileSync('touch', [join(worker.folder, 'go')]);
    await server.restart();
    await until(async () => (await finished()) === 1, { describe: 'the report' });
    expect(await redis.hget('finished_tasks', line)).toMatch(/"kept"$/);
    const found = await details(queue, line);
    expect([found.losses, found.attempts.length]).toEqual([0, 1]);
  });

  it('ends when it is told to and holds nothing, though Redis stays away', async () => {
    const worker = await startWorker({ conf: conf() });
    await server.kill();
    try {
      await until(() => worker.log().includes('Redis does not answer'));
      worker.signal('SIGTERM');
      expect(await worker.ended).toEqual({ code: 0, signal: null });
    } finally {
      await server.restart();
    }
  });

  it('records nothing of before a FLUSHALL, and runs what is submitted afterwards', async () => {
    const line = 'shell:5:0:0:touch ran; while [ ! -e go ]; do sleep 0.05; done; echo before';
    await submit(queue, [line]);
    const worker = await startWorker({ conf: conf() });
    await marked(worker.folder, 'ran');
    await redis.flushall();
    await until(() => worker.log().includes('No longer ours'));
    await submit(queue, ['shell:5:0:0:echo after']);
    await until(async () => (await finished()) === 1);
    expect(Object.keys(await redis.hgetall('finished_tasks'))).toEqual(['shell:5:0:0:echo after']);
    expect(await redis.hlen('distcomp:registry')).toBe(1);
  });
});

describe('a worker that cannot write output', () => {
  it('starts nothing while the disk is full, says so, and goes on when there is room', async () => {
    const folder = await testFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    // Under 64 MiB free is full: the folder is as small as that, then grows.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
    try {
      await submit(queue, ['shell:1:0:0:echo waits']);
      const worker = await startWorker({ conf: conf({ result_dir: disk }), folder });
      await until(() => worker.log().includes('is full. Make room'));
      expect(await redis.hlen('todo_tasks')).toBe(1);
      execFileSync('mount', ['-o', 'remount,size=512m', disk]);
      await until(async () => (await finished()) === 1, { describe: 'the task to run' });
      expect(worker.log()).toContain('Ready again');
      worker.signal('SIGTERM');
      await worker.ended;
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

describe('a worker that cannot begin', () => {
  it('ends with 2 and every problem of its configuration', async () => {
    const worker = await startWorker({
      conf: conf({ max_task_per_worker: 'many', health_report_interval: -1 }),
      waitUntilReady: false,
    });
    expect((await worker.ended).code).toBe(2);
    expect(worker.log()).toContain('max_task_per_worker');
    expect(worker.log()).toContain('health_report_interval');
  });

  it('ends with 3 when nobody listens there', async () => {
    const worker = await startWorker({
      conf: { redis_url: 'redis://127.0.0.1:1' },
      waitUntilReady: false,
    });
    expect((await worker.ended).code).toBe(3);
    expect(worker.log()).toContain('Cannot reach Redis at 127.0.0.1:1: connection refused');
  });

  it('ends with 0 when its slot is taken by a live worker of this machine', async () => {
    await startWorker({ conf: conf(), args: ['--slot', '1'] });
    const second = await startWorker({
      conf: conf(),
      args: ['--slot', '1'],
      waitUntilReady: false,
    });
    expect((await second.ended).code).toBe(0);
    expect(second.log()).toContain('is already running on this machine');
    expect(await redis.hlen('distcomp:registry')).toBe(1);
  });
});
