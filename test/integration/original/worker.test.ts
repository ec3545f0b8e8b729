/** What the original's worker sends, what can be seen in between, and what ends it. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { OriginalWorker } from '../../setup/original/worker';
import { isAlive } from '../../setup/processes';
import { until } from '../../setup/until';
import { claim, useOriginals } from './harness';

const test = useOriginals();

const CLOSED_BY = 'WORKER_COMMAND_CLOSE:0:0:0:WORKER_COMMAND_CLOSE';

/** Shell tasks by priority, highest first: that is the order in which they are claimed. */
const [a, b] = ['shell:2:0:0:echo a', 'shell:1:0:0:echo b'] as const;

/** A worker in the gap of its claim of `line`. */
async function claiming(name: string, line: string): Promise<OriginalWorker> {
  const worker = test.worker(name);
  await worker.main.stepTo('HSET', 'in_progress_tasks', line);
  return worker;
}

/** Goes on until it has looked once more and found nothing to take. */
async function pollInVain(worker: OriginalWorker): Promise<void> {
  await worker.main.stepTo('HLEN');
  await worker.main.step();
  await worker.main.stepTo('HLEN');
}

/** All commands that arrive at Redis meanwhile, as they were sent. */
async function commandsDuring(redis: Redis, work: () => Promise<void>): Promise<string[][]> {
  const monitor = await redis.duplicate().monitor();
  const seen: string[][] = [];
  monitor.on('monitor', (_time: string, words: string[]) => seen.push(words));
  await work();
  await redis.echo('done');
  await until(() => seen.some(words => words[1] === 'done'));
  monitor.disconnect();
  return seen.filter(([name]) => name !== 'echo' && name !== 'ECHO');
}

describe('a task', () => {
  it('takes nine round trips when it finishes', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await worker.main.stepTo('HLEN');
    const seen = await commandsDuring(test.redis, async () => {
      await claim(worker, a);
      await worker.end(a, { exit: 0, stdout: 'a\n' }).run();
    });
    expect(seen).toEqual([
      ['HLEN', 'todo_tasks'],
      ['HGETALL', 'todo_tasks'],
      ['HGETALL', 'failed_tasks'],
      ['HDEL', 'todo_tasks', a],
      ['HSET', 'in_progress_tasks', a, 'node1'],
      ['HGET', 'in_progress_tasks', a],
      ['HSET', 'finished_tasks', a, 'node1: "a"'],
      ['HDEL', 'in_progress_tasks', a],
      ['HDEL', 'failed_tasks', a],
    ]);
  });

  it('takes eleven when it fails, and goes back to todo with the last', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await claim(worker, a);
    const seen = await commandsDuring(test.redis, () =>
      worker.end(a, { exit: 1, stderr: 'no\n' }).run(),
    );
    expect(seen).toEqual([
      ['HGET', 'in_progress_tasks', a],
      ['HGET', 'failed_tasks', a],
      ['HSET', 'failed_tasks', a, 'node1,'],
      ['HSET', 'task_fail_reason', a, '"no"'],
      ['HDEL', 'in_progress_tasks', a],
      ['HSET', 'todo_tasks', a, ''],
    ]);
  });

  it('is looked for among twenty by chance when there are more than 1,000', async () => {
    await test.addTodo(...Array.from({ length: 1001 }, (_, i) => `shell:1:0:0:echo ${i}`));
    const worker = test.worker('node1');
    await worker.main.stepTo('HRANDFIELD');
    const look = await commandsDuring(test.redis, async () => {
      await worker.main.step();
    });
    expect(look).toEqual([['HRANDFIELD', 'todo_tasks', '20', 'WITHVALUES']]);
    await worker.main.stepTo('HSET', 'in_progress_tasks');
    await worker.main.step();
    expect(await test.redis.hlen('in_progress_tasks')).toBe(1);
  });

  it('is left alone by a worker whose name is part of one that failed it', async () => {
    await test.addTodo(a);
    await test.redis.hset('failed_tasks', a, 'node10,');
    await pollInVain(test.worker('node1'));
    expect(await test.places(a)).toEqual(['failed_tasks', 'todo_tasks']);
    await claim(test.worker('node2'), a);
  });

  it('fails for good after as many attempts as there may be', async () => {
    await test.addTodo(a);
    for (const name of ['n1', 'n2', 'n3', 'n4']) {
      const worker = test.worker(name);
      await claim(worker, a);
      await worker.end(a, { exit: 1 }).run();
    }
    expect(await test.state()).toEqual({
      failed_tasks: { [a]: 'n1,n2,n3,n4,' },
      task_fail_reason: { [a]: '""' },
    });
  });

  it('stays in todo for ever once its only worker has failed it', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await claim(worker, a);
    await worker.end(a, { exit: 1 }).run();
    await pollInVain(worker);
    expect(await test.places(a)).toEqual(['failed_tasks', 'task_fail_reason', 'todo_tasks']);
  });
});

describe('a gap', () => {
  it('in a claim: the task is nowhere', async () => {
    await test.addTodo(a);
    const worker = await claiming('node1', a);
    expect(await test.places(a)).toEqual([]);
    await worker.main.step();
    expect(await test.places(a)).toEqual(['in_progress_tasks']);
  });

  it('in finishing: the task is finished and in progress', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await claim(worker, a);
    const report = worker.end(a, { exit: 0 });
    await report.stepTo('HDEL', 'in_progress_tasks');
    expect(await test.places(a)).toEqual(['finished_tasks', 'in_progress_tasks']);
    await report.run();
    expect(await test.places(a)).toEqual(['finished_tasks']);
  });

  it('in failing: the task is in failed alone, attempts left or not', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await claim(worker, a);
    const report = worker.end(a, { exit: 1 });
    await report.stepTo('HDEL', 'in_progress_tasks');
    expect(await test.places(a)).toEqual(['failed_tasks', 'in_progress_tasks', 'task_fail_reason']);
    await report.stepTo('HSET', 'todo_tasks');
    expect(await test.places(a)).toEqual(['failed_tasks', 'task_fail_reason']);
    await report.run();
    expect(await test.places(a)).toEqual(['failed_tasks', 'task_fail_reason', 'todo_tasks']);
  });

  it('in taking back at its start: the task is nowhere', async () => {
    await test.redis.hset('in_progress_tasks', a, 'node1', b, 'node1~1');
    const worker = test.worker('node1.cluster.example.org');
    await worker.main.stepTo('HSET', 'todo_tasks', a);
    expect(await test.places(a)).toEqual([]);
    await worker.main.step();
    expect(await test.places(a)).toEqual(['todo_tasks']);
    expect(await test.places(b)).toEqual(['in_progress_tasks']);
    expect(await test.redis.exists('worker_status')).toBe(0);
  });

  it('in giving back for want of memory: the task is nowhere', async () => {
    await test.addTodo(a, b);
    const worker = test.worker('node1');
    await claim(worker, a);
    await claim(worker, b);
    expect(await worker.monitor.step()).toBe(false);
    worker.host.usedGb = 240;
    await worker.monitor.stepTo('HSET', 'todo_tasks', b);
    expect(await test.places(b)).toEqual([]);
    await worker.monitor.step();
    expect(await test.places(b)).toEqual(['todo_tasks']);
    expect(worker.processes.map(({ task }) => task.line)).toEqual([a]);
  });

  it('when it dies between two commands: the task is lost', async () => {
    await test.addTodo(a);
    const worker = await claiming('node1', a);
    worker.die();
    expect(await worker.main.step()).toBe(false);
    await pollInVain(test.worker('node1'));
    expect(await test.places(a)).toEqual([]);
  });
});

describe('a traceback', () => {
  it('ends a worker whose claim added no field, and its heartbeat goes on', async () => {
    await test.addTodo(a);
    const worker = await claiming('node1', a);
    await test.redis.hset('in_progress_tasks', a, 'node2~1');
    await expect(worker.main.step()).rejects.toThrow(`task set in_progress error, task ${a}`);
    expect([worker.main.over, worker.main.error?.name]).toEqual([true, 'AssertionError']);
    // It has written over the other's name before it looked.
    expect(await test.redis.hget('in_progress_tasks', a)).toBe('node1');
    await worker.heartbeat.step();
    expect(await test.redis.hkeys('worker_status')).toEqual(['node1']);
  });

  it('ends a starting worker from which others take its tasks meanwhile', async () => {
    await test.redis.hset('in_progress_tasks', a, 'node1');
    const worker = test.worker('node1');
    await worker.main.stepTo('HGET', 'in_progress_tasks', a);
    await test.redis.hdel('in_progress_tasks', a);
    await expect(worker.main.step()).rejects.toThrow('task is not assigned to worker');
  });

  it.each(['shell:1:0:0:echo a:b', 'shell:1:1:echo too few', 'shell:1:x:0:echo bad memory'])(
    'ends the loop of every worker that sees %j, while it looks alive',
    async line => {
      await test.addTodo(a, line);
      let seconds = 1_000;
      const worker = test.worker('node1', { secondMs: 1, now: () => seconds++ });
      await expect(worker.run()).rejects.toThrow(TypeError);
      expect(await test.places(a)).toEqual(['todo_tasks']);
      const beat = () => test.redis.hget('worker_status', 'node1');
      const first = await until(beat);
      await until(async () => (await beat()) !== first);
    },
  );

  it('is no end when it comes while a task is given back for want of memory', async () => {
    await test.addTodo(a, b);
    const worker = test.worker('node1');
    await claim(worker, a);
    await claim(worker, b);
    worker.host.usedGb = 240;
    await worker.monitor.stepTo('HGET', 'in_progress_tasks', b);
    await test.redis.hdel('in_progress_tasks', b);
    await worker.monitor.step();
    expect([worker.monitor.error, worker.monitor.next]).toEqual([undefined, undefined]);
    expect(await test.places(b)).toEqual([]);
    worker.host.usedGb = 0;
    await pollInVain(worker);
  });
});

describe('what a command leaves', () => {
  const large = 1024 * 1024;
  it.each([
    ['text in JSON of ASCII', 'a"\\\t\x7f\n', '"a\\"\\\\\\t\\u007f"'],
    ['one byte under 1 MiB', 'x'.repeat(large - 1), `"${'x'.repeat(large - 1)}"`],
    ['1 MiB', 'x'.repeat(large), 'stdout is too large'],
    [
      '1 MiB with the blanks around it',
      ` ${'x'.repeat(large - 1)}\n`,
      `"${'x'.repeat(large - 1)}"`,
    ],
  ])('as a result: %s', async (_what, stdout, message) => {
    await test.addTodo(a);
    const worker = test.worker('vm');
    await claim(worker, a);
    await worker.end(a, { exit: 0, stdout }).run();
    expect(await test.redis.hget('finished_tasks', a)).toBe(`vm: ${message}`);
  });

  it.each([
    ['1,024 characters of JSON', 1, 'e'.repeat(1022), `"${'e'.repeat(1022)}"`],
    ['more than that', 1, 'e'.repeat(1023), `stderr is too large. "${'e'.repeat(1023)}`],
    ['nothing, after a signal', -9, '', '""'],
    [
      'what is no ASCII, though it returned 0',
      0,
      'é',
      `"failed task \\n'ascii' codec can't decode byte 0xc3 in position 0: ordinal not in range(128)\\n"`,
    ],
  ])('as a reason: %s', async (_what, exit, stderr, reason) => {
    await test.addTodo(a);
    const worker = test.worker('vm');
    await claim(worker, a);
    await worker.end(a, { exit, stderr }).run();
    expect(await test.redis.hget('task_fail_reason', a)).toBe(reason);
    expect(await test.places(a)).not.toContain('finished_tasks');
  });

  it('stays as the reason of an earlier failure after it finished', async () => {
    await test.addTodo(a);
    const [n1, n2] = [test.worker('n1'), test.worker('n2')];
    await claim(n1, a);
    await n1.end(a, { exit: 1, stderr: 'once' }).run();
    await claim(n2, a);
    await n2.end(a, { exit: 0 }).run();
    expect(await test.state()).toEqual({
      finished_tasks: { [a]: 'n2: ""' },
      task_fail_reason: { [a]: '"once"' },
    });
  });

  it('is written over a result that another recorded meanwhile', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await claim(worker, a);
    await test.redis.hset('finished_tasks', a, 'node2~1: "ours"');
    await worker.end(a, { exit: 0, stdout: 'theirs' }).run();
    expect(await test.redis.hget('finished_tasks', a)).toBe('node1: "theirs"');
  });

  it('is reported by the processes of a worker that was killed', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    await claim(worker, a);
    worker.die();
    await test.redis.hdel('in_progress_tasks', a);
    await test.redis.hset('finished_tasks', a, 'node2~1: "ours"');
    await worker.end(a, { exit: -2 }).run();
    expect(await test.places(a)).toEqual([
      'failed_tasks',
      'finished_tasks',
      'task_fail_reason',
      'todo_tasks',
    ]);
  });

  it('is the text of a demo task behind the word demo', async () => {
    await test.addTodo('demo:1:0:0:hello');
    const worker = test.worker('node1', { secondMs: 5 });
    const running = worker.run();
    await until(async () => (await test.redis.hlen('finished_tasks')) === 1);
    expect(await test.redis.hgetall('finished_tasks')).toEqual({
      'demo:1:0:0:hello': 'node1: "demo hello"',
    });
    worker.stop();
    await running;
  });
});

describe('closing', () => {
  it('ends a worker once its tasks have ended, and leaves a task of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'distcomp-original-'));
    const go = join(folder, 'go');
    const waits = `shell:1:0:0:until [ -e ${go} ]; do sleep 0.01; done`;
    await test.addTodo(waits);
    const worker = test.worker('node1', { secondMs: 5 });
    const running = worker.run();
    await until(async () => (await test.redis.hlen('in_progress_tasks')) === 1);
    await test.manager().close().run();
    await until(async () => (await test.places(CLOSED_BY)).includes('todo_tasks'));
    expect(worker.main.over).toBe(false);
    await writeFile(go, '');
    await running;
    expect(worker.heartbeat.over).toBe(true);
    const { worker_status, ...rest } = await test.state();
    expect(Object.keys(worker_status ?? {})).toEqual(['node1']);
    expect(rest).toEqual({
      finished_tasks: { [waits]: 'node1: ""' },
      failed_tasks: { [CLOSED_BY]: 'node1,' },
      task_fail_reason: { [CLOSED_BY]: `"failed task \\n'WORKER_COMMAND_CLOSE'\\n"` },
      todo_tasks: { WORKER_COMMAND_CLOSE: '', [CLOSED_BY]: '' },
    });
    await rm(folder, { recursive: true });
  });

  it('goes on after the field was removed: what it left ends the next worker', async () => {
    await test.addTodo(CLOSED_BY);
    await test.redis.hset('failed_tasks', CLOSED_BY, 'node1,');
    await test.worker('node2', { secondMs: 5 }).run();
    expect(await test.redis.hget('failed_tasks', CLOSED_BY)).toBe('node1,node2,');
  });
});

describe('too little memory', () => {
  it('kills the command of the only task and fails it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'distcomp-original-'));
    const file = join(folder, 'pid');
    const line = `shell:1:0:0:echo $$ > ${file}; exec sleep 1000`;
    await test.addTodo(line);
    const worker = test.worker('node1', { secondMs: 5 });
    const running = worker.run();
    const pid = await until(() => existsSync(file) && Number(readFileSync(file, 'utf8')));
    worker.host.usedGb = 240;
    await until(async () => (await test.places(line)).includes('todo_tasks'));
    expect(await test.redis.hget('task_fail_reason', line)).toBe(
      'require too much dram (worker node1)',
    );
    await until(() => !isAlive(pid));
    worker.stop();
    await running;
    await rm(folder, { recursive: true });
  });

  it('keeps a worker from tasks that need more than is free or not promised', async () => {
    const [small, big] = ['shell:1:120:0:small', 'shell:2:150:0:big'] as const;
    await test.addTodo(small, big);
    const worker = test.worker('node1');
    await claim(worker, big);
    await pollInVain(worker);
    expect(await test.places(small)).toEqual(['todo_tasks']);
    await worker.end(big, { exit: 0 }).run();
    await claim(worker, small);
  });

  it('keeps a worker from looking at all while less is free than it must be', async () => {
    await test.addTodo(a);
    const worker = test.worker('node1');
    worker.host.usedGb = 200;
    // The first look is made whatever is free.
    await claim(worker, a);
    expect(worker.main.next).toBeUndefined();
    worker.host.usedGb = 0;
    expect(worker.main.next).toEqual(['HLEN', 'todo_tasks']);
  });
});
