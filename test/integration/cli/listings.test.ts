import { beforeEach, describe, expect, it } from 'vitest';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { Actor } from '../../setup/actor';
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
const task = (n: number) => `shell:1:0:0:./train --seed ${n}`;
const tasks = (count: number) => Array.from({ length: count }, (_, n) => task(n));
const id = (line: string) => taskId(line).slice(0, 6);

describe('distcomp tasks', () => {
  it('lists failed tasks, newest first, with what happened', async () => {
    await submit(queue, tasks(2));
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(2);
    w.fail(task(0), { exit: 1, err: 'ValueError: lr too large' });
    w.fail(task(1), { exit: 2, err: 'a \u001b[31mred\u001b[0m \u202e line' });
    await w.cycle();
    const { code, stdout, stderr } = await distcomp('tasks');
    expect(stdout.split('\n')).toEqual([
      `${id(task(1))}  ./train --seed 1  exit 2 · a red <U+202E> line · 1 attempt`,
      `${id(task(0))}  ./train --seed 0  exit 1 · ValueError: lr too large · 1 attempt`,
      '',
    ]);
    expect([code, stderr]).toEqual([0, '2 tasks\n']);
  });

  it('lists as many as are wanted, in order of service, and says that there are more', async () => {
    await submit(queue, tasks(1500));
    const { stdout, stderr } = await distcomp('tasks', '--state', 'todo', '--limit', '1200');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1200);
    expect([lines[0], lines[1199]]).toEqual([
      `${id(task(0))}  ./train --seed 0`,
      `${id(task(1199))}  ./train --seed 1199`,
    ]);
    expect(stderr).toBe('1,200 tasks. There are more: --limit N\n');
    const all = await json('tasks', '--state', 'todo', '--limit', '1500');
    expect(all).toMatchObject({ queue: 'default', state: 'todo', more: false });
    expect(all.tasks[7]).toEqual({ id: taskId(task(7)), line: task(7), waitingForRetry: false });
  });

  it('lists those in which a text stands, and says how far it searched', async () => {
    await submit(queue, tasks(1500));
    const args = ['tasks', '--state', 'todo', '--match', 'SEED 149'] as const;
    const { stdout, stderr } = await distcomp(...args);
    const wanted = tasks(1500).filter(line => line.includes('seed 149'));
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => line.slice(0, 6))
        .sort(),
    ).toEqual(wanted.map(id).sort());
    expect(stderr).toBe('11 matches, searched 1,500 of 1,500\n');
    const some = await json(...args, '--limit', '3');
    expect(some.tasks).toHaveLength(3);
    expect(some).toMatchObject({ more: true, total: 1500 });
    const none = await distcomp('tasks', '--state', 'finished', '--match', 'x');
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', '0 matches, searched 0 of 0\n']);
  });

  it('knows four states', async () => {
    const { code, stderr } = await distcomp('tasks', '--state', 'lost');
    expect(code).toBe(2);
    expect(stderr).toContain('todo, in_progress, failed, finished');
  });
});

describe('distcomp queues', () => {
  it('lists each queue with its counts', async () => {
    await submit(new Queue(queue.redis, 'nightly'), tasks(1200));
    const { stdout } = await distcomp('queues');
    expect(stdout).toBe('default  empty\nnightly  1,200 to do\n');
    const { queues } = await json('queues');
    expect(queues.map(({ name, todo }: { name: string; todo: number }) => [name, todo])).toEqual([
      ['default', 0],
      ['nightly', 1200],
    ]);
  });
});

describe('distcomp status', () => {
  it('says how fast the queue gets on and when it ends, once a minute is known', async () => {
    await submit(queue, tasks(100));
    await Actor.start(queue, 'w~1');
    expect((await distcomp('status')).stdout).toMatch(/^default @ \S+\n/);
    expect((await json('status')).perSecond).toBeNull();
    const minute = Math.floor(Number((await queue.redis.time())[0]) / 60);
    for (const each of [minute - 1, minute, minute + 1]) {
      await queue.redis.hset(`distcomp:minutes:${each}`, 'finished', 118, 'failed', 2);
    }
    expect((await distcomp('status')).stdout).toMatch(
      /^default @ \S+ · [234]\.\d\/s · about \d+ s left\n/,
    );
    expect((await json('status')).perSecond).toBeGreaterThanOrEqual(2);
  });
});
