import { beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../src/queue/queue';
import { taskId } from '../../../src/tasks/task';
import { Actor, OriginalActor } from '../../setup/actor';
import { until } from '../../setup/until';
import { lookSixTimes } from '../queue/harness';
import { sandboxOnRedis } from './onRedis';
import type { Sandbox } from './sandbox';

let box: Sandbox;
let queue: Queue;
let env: Record<string, string>;
beforeEach(async () => {
  ({ box, queue, env } = await sandboxOnRedis());
});

const distcomp = (...args: string[]) => box.distcomp(args, { env });
const json = async (...args: string[]) =>
  JSON.parse((await box.distcomp([...args, '--json'], { env })).stdout);
const task = (n: number) => `shell:1:0:0:echo ${n}`;
const submit = (lines: string[]) =>
  box.distcomp(['submit', '-'], { env, input: `${lines.join('\n')}\n` });
const heartbeat = (worker: string, second = 1_700_000_000) =>
  queue.redis.hset('worker_status', worker, `${second}:12.00:64:30.25:128`);
/** Its last heartbeat is not late, however long a test takes. */
async function keepLive(worker: string): Promise<void> {
  const [, ...load] = ((await queue.redis.hget('worker_status', worker)) ?? '').split(':');
  const second = Math.floor(Date.now() / 1000) + 3600;
  await queue.redis.hset('worker_status', worker, [second, ...load].join(':'));
}

describe('distcomp cancel', () => {
  it('cancels what is named, and says how to take it back', async () => {
    await submit([task(1), task(2)]);
    const { code, stdout, stderr } = await distcomp('cancel', taskId(task(1)).slice(0, 6));
    expect([code, stdout]).toEqual([0, '1 task cancelled\n']);
    expect(stderr).toMatch(/^Can be undone for 10 minutes: distcomp undo [\da-f]{8}\n$/);
    expect(await queue.redis.hgetall('failed_tasks')).toEqual({ [task(1)]: '' });
    expect((await distcomp('undo')).stdout).toBe('1 task queued again\n');
    expect((await queue.redis.hkeys('todo_tasks')).sort()).toEqual([task(1), task(2)]);
  });

  it('says what it cannot cancel, and ends with 1 if an original runs it', async () => {
    await submit([task(1), task(2), task(3)]);
    await new OriginalActor(queue.redis, 'n1').claim(task(1));
    await queue.redis.hset('finished_tasks', task(4), 'n1: ""');
    const ids = [1, 2, 4].map(n => taskId(task(n)));
    const { code, stdout } = await distcomp('cancel', ...ids);
    expect(code).toBe(1);
    expect(stdout).toBe(
      `1 task cancelled · 1 runs on a worker of the original, which cannot be told: ${ids[0]} · 1 neither waited nor ran: ${ids[2]}\n`,
    );
    expect(await json('cancel', taskId(task(4)))).toEqual({
      cancelled: 0,
      tasks: [],
      onOriginal: [],
      notActive: [ids[2]],
      undo: null,
    });
  });

  it('cancels all that waits', async () => {
    await submit(Array.from({ length: 1200 }, (_, n) => task(n)));
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    const answer = await json('cancel', '--all-todo');
    expect(answer).toEqual({ cancelled: 1199, undo: expect.stringMatching(/^[\da-f]{8}$/) });
    expect(await queue.redis.exists('todo_tasks')).toBe(0);
    expect(await queue.redis.hlen('in_progress_tasks')).toBe(1);
  });

  it('cancels all that is in progress, but for what an original runs', async () => {
    await submit([1, 2, 3, 4].map(task));
    await new OriginalActor(queue.redis, 'n1').claim(task(1));
    const w = await Actor.start(queue, 'w~1');
    await w.claim(2);
    const { code, stdout } = await distcomp('cancel', '--all-running');
    expect([code, stdout]).toEqual([
      1,
      '2 tasks cancelled · 1 runs on a worker of the original, which cannot be told\n',
    ]);
    expect(await queue.redis.hkeys('in_progress_tasks')).toEqual([task(1)]);
    expect(await queue.redis.hkeys('todo_tasks')).toEqual([task(4)]);
    const rest = await json('cancel', '--all-running', '--all-todo');
    expect(rest).toMatchObject({ cancelled: 1, onOriginal: 1 });
    expect(await queue.redis.exists('todo_tasks')).toBe(0);
    await distcomp('undo', rest.undo);
    expect(await queue.redis.hkeys('todo_tasks')).toEqual([task(4)]);
  });

  it('ends what a worker runs, at once', async () => {
    const sleeping = 'shell:1:0:0:echo started > marker; sleep 1000';
    await submit([sleeping]);
    const worker = await box.start(['worker'], { env });
    await until(async () => (await box.read('marker')) === 'started\n');
    expect((await distcomp('cancel', taskId(sleeping))).stdout).toBe('1 task cancelled\n');
    const runs = async () =>
      (await box.processes()).some(({ command }) => command.includes('sleep 1000'));
    await until(async () => !(await runs()));
    expect(await queue.redis.hget('task_fail_reason', sleeping)).toBe('"cancelled"');
    worker.process.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  });
});

describe('distcomp pause, resume, close and open', () => {
  it('pause a queue: nothing starts until it is resumed', async () => {
    const paused = await distcomp('pause');
    expect(paused.stdout).toBe(
      'Queue "default" is paused: 0 to do, 0 in progress. Go on: distcomp resume\n',
    );
    expect((await distcomp('pause')).stdout).toMatch(/^It was paused before: 0 to do/);
    expect((await submit([task(1)])).stderr).toContain('Queue "default" is paused.');
    expect((await distcomp('status')).stdout).toMatch(/^default @ \S+ · paused\n/);
    const worker = await box.start(['worker'], { env });
    await until(async () => (await json('workers')).workers.length === 1);
    const w = await Actor.start(queue, 'w~1');
    expect(await w.claim(1)).toEqual([]);
    expect((await distcomp('resume')).stdout).toBe('Queue "default" goes on: 1 to do.\n');
    await until(async () => (await queue.redis.hlen('finished_tasks')) === 1);
    expect((await distcomp('resume')).stdout).toBe('Queue "default" was not paused.\n');
    worker.process.kill('SIGTERM');
    await worker.ended;
  });

  it('says while paused that originals take no notice', async () => {
    await heartbeat('n1');
    const { stderr } = await distcomp('pause');
    expect(stderr).toBe(
      'A worker of the original is on this queue. It ignores pause and limits.\n',
    );
  });

  it('close a queue: workers end, and stay away until it is opened', async () => {
    const worker = await box.start(['worker'], { env });
    await until(async () => (await json('workers')).workers.length === 1);
    await submit([task(1)]);
    await until(async () => (await queue.redis.hlen('finished_tasks')) === 1);
    const closed = await distcomp('close');
    expect(closed.stdout).toBe(
      'Queue "default" is closed: workers finish what they run and end, and 0 tasks wait. Open it again: distcomp open\n',
    );
    expect((await worker.ended).code).toBe(0);
    expect((await distcomp('status')).stdout).toMatch(/ · closed\n/);
    expect(await json('close')).toEqual({ closed: true, changed: false, todo: 0, inProgress: 0 });
    expect((await distcomp('open')).stdout).toMatch(/^Queue "default" is open\./);
    expect(await queue.redis.exists('todo_tasks')).toBe(0);
    expect((await distcomp('open')).stdout).toBe('Queue "default" was not closed.\n');
  });
});

describe('distcomp workers', () => {
  it('says what each worker has and does, on one line that it cannot forge', async () => {
    const w = await Actor.start(queue, 'node4~1');
    await Actor.start(queue, 'node7~1');
    await Actor.start(queue, 'evil\n\u001b[2J~1');
    const switches = { pipeline: true, prefetch: 0, wakeup: false };
    const problem = 'a\u001b[31mb';
    const details = { lanes: 8, running: 8, buffered: 3, rate: 14.2, problem, switches };
    await queue.redis.hset(queue.keys.workers, w.name, JSON.stringify(details));
    await heartbeat('cloud3');
    await keepLive('node7~1');
    await distcomp('drain', 'node7~1');
    const { code, stdout } = await distcomp('workers');
    expect(code).toBe(0);
    const rows = stdout.split('\n');
    expect(rows[0]).toBe('3 workers, 1 of the original');
    expect(rows.length).toBe(6);
    expect(stdout).toContain(' node4~1 ');
    expect(stdout).toContain(
      'a␛[31mb · 8 of 8 lanes · 3 buffered · 0.8 of 24 GB · 14/s · off: prefetch, wakeup\n',
    );
    expect(stdout).toMatch(/node7~1 +draining · /);
    expect(stdout).toContain('evil␊␛[2J~1');
    expect(rows[4]).toMatch(
      /^ {2}cloud3 +original · no heartbeat for [\d,]+ h.* · 12 of 64 cores · 30 of 128 GB$/,
    );
    expect((await distcomp('status')).stdout).toMatch(/workers +3 +and 1 of the original\n/);
  });

  it('answers with one JSON document', async () => {
    const w = await Actor.start(queue, 'node4~1');
    await heartbeat('cloud3');
    expect(await json('workers')).toMatchObject({
      workers: [{ name: 'node4~1', instance: w.instance, draining: false }],
      originals: [{ name: 'cloud3', load: { usedCores: 12, totalGb: 128 } }],
    });
  });

  it('says how to start one when there is none', async () => {
    expect((await distcomp('workers')).stdout).toBe(
      'No worker is live. Start one: distcomp worker\n',
    );
  });
});

describe('distcomp workers, of those that do otherwise than the rest', () => {
  it('says in what, on their lines and for scripts', async () => {
    const names = ['node1~1', 'node2~1', 'node3~1', 'node4~1'];
    for (const name of names) {
      await Actor.start(queue, name);
      const details = {
        lanes: 8,
        running: 8,
        recent_ended: name === 'node2~1' ? 24 : 12,
        recent_failed: name === 'node2~1' ? 13 : 0,
        mean_ms: name === 'node2~1' ? 3_000 : 1_000,
        deviation_ms: 50,
      };
      await queue.redis.hset(queue.keys.workers, name, JSON.stringify(details));
      // Live, however long this takes.
      await heartbeat(name, Math.floor(Date.now() / 1000) + 3600);
    }
    const { stdout } = await distcomp('workers');
    expect(stdout).toContain(
      '  node2~1  fails 13 of 24 · 3 times slower than the rest · 8 of 8 lanes · ',
    );
    expect(stdout).toMatch(/^ {2}node1~1 {2}8 of 8 lanes · /m);
    const { workers } = await json('workers');
    expect(workers.map(({ outliers }: { outliers: unknown }) => outliers)).toEqual([
      [],
      [
        { kind: 'fails', words: 'fails 13 of 24' },
        { kind: 'slow', words: '3 times slower than the rest' },
      ],
      [],
      [],
    ]);
    expect(workers[1].details).toMatchObject({ recent_ended: 24, mean_ms: 3_000 });
  });
});

describe('distcomp workers, of those that cannot work', () => {
  it('tells since when one is lost, and how many tasks an original runs', async () => {
    await submit([task(1), task(2)]);
    const w = await Actor.start(queue, 'node9~1');
    await w.claim(1);
    await lookSixTimes(queue);
    const line = (await queue.redis.hkeys('todo_tasks'))[0] ?? '';
    await new OriginalActor(queue.redis, 'cloud3').claim(line);
    await heartbeat('cloud3', Math.floor(Date.now() / 1000));
    const { stdout } = await distcomp('workers');
    expect(stdout).toMatch(
      /^ {2}node9~1 {2}lost since \d\d:\d\d · Its task went back to the queue\.$/m,
    );
    expect(stdout).toMatch(/^ {2}cloud3 {3}original · 1 running · 12 of 64 cores · 30 of 128 GB$/m);
    expect(await json('workers')).toMatchObject({
      workers: [],
      originals: [{ name: 'cloud3', running: 1 }],
      lost: [{ name: 'node9~1', tasks: 1, sinceMs: expect.any(Number) }],
    });
  });
});

describe('distcomp why', () => {
  const id = (line: string) => taskId(line).slice(0, 8);

  it('says what holds a task up, and what each worker lacks', async () => {
    await submit(['shell:1:64:0:big', task(1)]);
    await Actor.start(queue, 'node7~1', { capacityGb: 32 });
    await keepLive('node7~1');
    const { code, stdout } = await distcomp('why', id('shell:1:64:0:big'));
    expect(code).toBe(0);
    expect(stdout).toBe(
      'Waiting: needs 64 GB; the largest worker has 32 GB for tasks (node7~1). It runs when a worker with more memory is started.\n  node7~1  has 32 GB for tasks\n',
    );
    await distcomp('pause');
    expect((await distcomp('why', id(task(1)))).stdout).toBe(
      'Waiting: the queue is paused: nothing new starts.\nGo on: distcomp resume\n  node7~1  has room for it\n',
    );
  });

  it('says how to start a worker when there is none', async () => {
    await submit([task(1)]);
    expect((await distcomp('why', id(task(1)))).stdout).toBe(
      'Waiting: no worker is live that takes it.\nStart one: distcomp worker\n',
    );
  });

  it('says of what does not wait that it does not', async () => {
    await submit([task(1)]);
    const w = await Actor.start(queue, 'w~1');
    await w.claim(1);
    expect((await distcomp('why', id(task(1)))).stdout).toBe(
      'It does not wait: w~1 has it in progress.\n',
    );
    expect((await distcomp('why', 'abcdef')).code).toBe(2);
    expect((await distcomp('why', 'xyz')).code).toBe(2);
  });

  it('answers with one JSON document', async () => {
    await submit(['shell:1:64:0:big']);
    await Actor.start(queue, 'node7~1', { capacityGb: 32 });
    expect(await json('why', id('shell:1:64:0:big'))).toEqual({
      id: taskId('shell:1:64:0:big'),
      task: 'shell:1:64:0:big',
      state: 'todo',
      reasons: [
        {
          reason: 'too_much_memory',
          words: 'needs 64 GB; the largest worker has 32 GB for tasks (node7~1)',
          outlook: 'It runs when a worker with more memory is started.',
        },
      ],
      workers: [
        {
          name: 'node7~1',
          why: 'too_little_memory',
          words: 'has 32 GB for tasks',
          freeGb: 23.54,
          freeCores: 200,
        },
      ],
    });
  });
});

describe('distcomp drain', () => {
  it('lets a worker finish what it runs, and end', async () => {
    await submit(['shell:1:0:0:until [ -e gate ]; do sleep 0.05; done']);
    const worker = await box.start(['worker', '--slot', '3'], { env });
    await until(async () => (await queue.redis.hlen('in_progress_tasks')) === 1);
    const [name = ''] = await queue.redis.hkeys(queue.keys.registry);
    const { stdout } = await distcomp('drain', name);
    expect(stdout).toBe('1 worker drains: what it runs is finished, then it ends.\n');
    await until(() => worker.stderr().includes('Asked to end'));
    await submit([task(1)]);
    await box.file('gate', '');
    expect((await worker.ended).code).toBe(0);
    expect(await queue.redis.hlen('finished_tasks')).toBe(1);
    expect(await queue.redis.hkeys('todo_tasks')).toEqual([task(1)]);
  });

  it('drains all, and knows no other names', async () => {
    await Actor.start(queue, 'a~1');
    await Actor.start(queue, 'b~1');
    const unknown = await distcomp('drain', 'a~1', 'c~1');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toBe('No worker is called c~1. There are a~1, b~1.\n');
    expect(await queue.redis.exists(queue.keys.draining)).toBe(0);
    await heartbeat('cloud3');
    const original = await distcomp('drain', 'cloud3');
    expect(original.stderr).toMatch(/^cloud3 is a worker of the original: it ends with all/);
    expect(await json('drain', '--all')).toEqual({ draining: ['a~1', 'b~1'] });
    expect((await queue.redis.smembers(queue.keys.draining)).sort()).toEqual(['a~1', 'b~1']);
  });

  it('has nothing to drain where nobody works', async () => {
    expect((await distcomp('drain', '--all')).stdout).toBe('No DistComp worker is live.\n');
    expect((await distcomp('drain', 'x~1')).stderr).toBe(
      'No worker is called x~1: no DistComp worker is live.\n',
    );
  });
});

describe('distcomp cleanup', () => {
  beforeEach(() => {
    env = { ...env, DISTCOMP_HEALTH_REPORT_INTERVAL: '0.3', DISTCOMP_WORKER_DEAD_SECONDS: '1' };
  });

  it('takes back what a dead original ran', async () => {
    await submit([task(1), task(2)]);
    await new OriginalActor(queue.redis, 'cloud3').claim(task(1));
    await heartbeat('cloud3');
    const { code, stdout, stderr } = await distcomp('cleanup');
    expect([code, stdout]).toEqual([0, 'cloud3 is dead: 1 task went back to the queue.\n']);
    expect(stderr).toBe(
      'Looking for up to 1 s whether a worker of the original sent a heartbeat.\n',
    );
    expect((await queue.redis.hkeys('todo_tasks')).sort()).toEqual([task(1), task(2)]);
    expect(await queue.redis.exists('worker_status')).toBe(0);
    expect((await distcomp('cleanup')).stdout).toBe(
      'No worker of the original is on this queue.\n',
    );
  });

  it('leaves a live one alone unless it is forced, and says what to do', async () => {
    // It is looked at until it beats: those beats are this process's, which may be held up.
    env = { ...env, DISTCOMP_WORKER_DEAD_SECONDS: '20' };
    await submit([task(1)]);
    await new OriginalActor(queue.redis, 'cloud3').claim(task(1));
    let second = 1_700_000_000;
    const beats = setInterval(() => void heartbeat('cloud3', ++second), 20);
    try {
      await until(async () => (await queue.redis.exists('worker_status')) === 1);
      const refused = await distcomp('cleanup', '--worker', 'cloud3');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('cloud3 is alive: its heartbeat changes.');
      expect(refused.stderr).toContain('distcomp cleanup --worker cloud3 --force');
      expect((await distcomp('cleanup')).stdout).toBe(
        'No worker of the original is dead; 1 is alive.\n',
      );
      expect(await queue.redis.hgetall('in_progress_tasks')).toEqual({ [task(1)]: 'cloud3' });
      const forced = await distcomp('cleanup', '--worker', 'cloud3', '--force');
      expect([forced.code, forced.stdout]).toEqual([
        0,
        '1 task of cloud3 went back to the queue.\n',
      ]);
      expect(await queue.redis.hkeys('todo_tasks')).toEqual([task(1)]);
    } finally {
      clearInterval(beats);
    }
  });

  it('takes back what a worker of ours held that does not answer, where no other one looks', async () => {
    await submit([task(1), task(2)]);
    const w = await Actor.start(queue, 'node4~1');
    await w.claim(2);
    const { code, stderr } = await distcomp('cleanup');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Looking for up to 1 s whether a worker sent a heartbeat\.\nnode4~1 has not answered for \d+ s\. Its 2 tasks went back to the queue\.\n$/,
    );
    expect((await queue.redis.hkeys('todo_tasks')).sort()).toEqual([task(1), task(2)]);
    expect(await queue.redis.exists(queue.keys.registry)).toBe(0);
  });

  it('says under whom tasks stand who has no heartbeat', async () => {
    await submit([task(1)]);
    await new OriginalActor(queue.redis, 'gone').claim(task(1));
    expect((await distcomp('cleanup')).stdout).toBe(
      'No worker of the original is on this queue.\n1 task stands under gone, which has no heartbeat. If it is gone: distcomp cleanup --worker gone --force\n',
    );
    const named = await distcomp('cleanup', '--worker', 'gone');
    expect(named.code).toBe(2);
    expect(named.stderr).toMatch(/^gone has no heartbeat: it may be starting\./);
    expect(await json('cleanup', '--worker', 'gone', '--force')).toEqual({
      cleaned: [{ worker: 'gone', tasks: 1 }],
    });
  });

  it('is not for workers of DistComp, nor for nobody', async () => {
    const ours = await distcomp('cleanup', '--worker', 'node1~1');
    expect([ours.code, ours.stderr]).toEqual([
      2,
      'node1~1 is a worker of DistComp: when it is lost, its tasks go back by themselves. To end it: distcomp drain node1~1\n',
    ]);
    const nobody = await distcomp('cleanup', '--worker', 'cloud9');
    expect(nobody.stderr).toBe('No worker of the original is called cloud9.\n');
    expect((await distcomp('cleanup', '--force')).code).toBe(2);
  });
});

describe('distcomp audit', () => {
  it('says which tasks of a file are in no state, and submits them', async () => {
    await submit([task(1), task(3)]);
    await box.file('x.tasks', ['# three', task(1), task(2), task(3), 'nonsense']);
    const found = await distcomp('audit', 'x.tasks');
    expect(found.code).toBe(1);
    expect(found.stdout).toBe(
      'x.tasks:3: in no state: echo 2\n3 tasks · 2 to do · 1 in no state\n1 will never run. Submit it: distcomp audit x.tasks --submit\n',
    );
    expect(found.stderr).toMatch(/^x\.tasks:5:1: /);
    expect(await json('audit', 'x.tasks')).toMatchObject({
      todo: 2,
      inProgress: 0,
      lost: 1,
      submitted: 0,
      notUnderstood: 1,
      tasks: [{ id: taskId(task(2)), task: task(2), line: 3 }],
      problems: [{ line: 5, column: 1 }],
    });
    const again = await distcomp('audit', 'x.tasks', '--submit');
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/\n1 was submitted again\.\n$/);
    expect((await distcomp('audit', 'x.tasks')).stdout).toBe('3 tasks · 3 to do\n');
  });

  it('shows the first of many', async () => {
    await box.file(
      'x.tasks',
      Array.from({ length: 1300 }, (_, n) => task(n)),
    );
    const { stdout } = await distcomp('audit', 'x.tasks');
    const rows = stdout.split('\n');
    expect(rows.slice(20)).toEqual([
      '… and 1,280 more',
      '1,300 tasks · 1,300 in no state',
      '1,300 will never run. Submit them: distcomp audit x.tasks --submit',
      '',
    ]);
    expect((await json('audit', 'x.tasks')).tasks.length).toBe(1300);
  });
});

describe('the usage of operations', () => {
  it.each([
    [['cancel']],
    [['cancel', 'abcd', '--all-todo']],
    [['cancel', 'abcd', '--all-running']],
    [['cancel', 'xyz']],
    [['cancel', 'abcd']],
    [['drain']],
    [['drain', 'a~1', '--all']],
    [['audit']],
    [['audit', 'nowhere.tasks']],
    [['pause', 'now']],
    [['open', '--nonsense']],
  ])('%j ends with 2', async args => {
    const { code, stderr } = await distcomp(...args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n +at /);
  });
});
