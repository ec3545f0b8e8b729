import { beforeEach, describe, expect, it } from 'vitest';
import type { Queue } from '../../../src/queue/queue';
import { Actor } from '../../setup/actor';
import { sandboxOnRedis } from './onRedis';
import type { Sandbox } from './sandbox';
import { noting, ran, sorted, upTo } from './traces';

let box: Sandbox;
let queue: Queue;
let env: Record<string, string>;
beforeEach(async () => {
  ({ box, queue, env } = await sandboxOnRedis());
});

const distcomp = (...args: string[]) => box.distcomp(args, { env });
const submit = (lines: string[]) =>
  box.distcomp(['submit', '-'], { env, input: `${lines.join('\n')}\n` });
const failing = (n: number) => `shell:1:0:0:exit ${n}`;

/** A worker whose tasks fail for good at once. */
async function fails(count: number): Promise<void> {
  const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
  for (const line of await w.claim(count)) w.fail(line);
  await w.cycle();
}

describe('distcomp limit', () => {
  it('sets limits, leaves what is not given, and takes them away', async () => {
    const none = await distcomp('limit');
    expect(none).toEqual({ code: 0, stdout: 'Queue "default" has no limits.\n', stderr: '' });
    const running = await distcomp('limit', '--running', '1,200');
    expect(running.stdout).toBe('Queue "default": at most 1,200 tasks in progress\n');
    const both = await distcomp('limit', '--failures', '1');
    expect(both.stdout).toBe(
      'Queue "default": at most 1,200 tasks in progress · pauses after 1 failure\n',
    );
    expect(await queue.redis.hgetall(queue.keys.limits)).toEqual({
      max_running: '1200',
      stop_after_failures: '1',
    });
    const taken = await distcomp('limit', '--running', 'none', '--failures', 'none');
    expect(taken.stdout).toBe('Queue "default" has no limits.\n');
    expect(await queue.redis.exists(queue.keys.limits)).toBe(0);
  });

  it.each(['0', '-3', '1.5', 'many', '1000001'])('refuses %s and changes nothing', async text => {
    const { code, stderr } = await distcomp('limit', `--running=${text}`, '--failures', '3');
    expect(code).toBe(2);
    expect(stderr).toContain('It must be a whole number from 1 to 1,000,000, or none.');
    expect(await queue.redis.dbsize()).toBe(0);
  });

  it('is one JSON document', async () => {
    const { stdout } = await distcomp('limit', '--running', '2', '--json');
    expect(JSON.parse(stdout)).toEqual({
      changed: true,
      maxRunning: 2,
      stopAfterFailures: null,
      failures: 0,
      held: 0,
      paused: false,
      pausedAfterFailures: null,
    });
    expect(JSON.parse((await distcomp('limit', '--json')).stdout).changed).toBe(false);
  });

  it('says while limits stand that originals take no notice', async () => {
    await queue.redis.hset('worker_status', 'n1', '1700000000:12.00:64:30.25:128');
    expect((await distcomp('limit')).stderr).toBe('');
    expect((await distcomp('limit', '--running', '2')).stderr).toBe(
      'A worker of the original is on this queue. It ignores pause and limits.\n',
    );
  });

  it('shows in the status what is limited, and why the queue is paused', async () => {
    await distcomp('limit', '--running', '2', '--failures', '2');
    await submit([1, 2, 3, 4, 5].map(failing));
    await fails(1);
    const before = (await distcomp('status')).stdout;
    expect(before).toMatch(/^default @ \S+\n/);
    expect(before).toMatch(/in progress +0 {2}at most 2 tasks in progress\n/);
    expect(before).toMatch(/failed +1 {2}pauses after 2 failures, 1 so far\n/);
    const v = await Actor.start(queue, 'v~1', { maxAttempts: 1 });
    await v.claim(2);
    expect((await distcomp('status')).stdout).toMatch(
      /in progress +2 {2}2 of at most 2 in progress/,
    );
    v.fail(v.lines[0] ?? '');
    await v.cycle();
    const words = 'paused since 2 tasks failed, the limit of this queue';
    const after = (await distcomp('status')).stdout;
    expect(after.split('\n')[0]).toMatch(new RegExp(`^default @ \\S+ · ${words}$`));
    const limit = await distcomp('limit');
    expect(limit.stdout).toContain(`\nIt is ${words}. Go on: distcomp resume\n`);
    const submitted = await submit([failing(6)]);
    expect(submitted.stderr).toContain(`Queue "default" is ${words}. Go on: distcomp resume\n`);
    const status = JSON.parse((await distcomp('status', '--json')).stdout);
    expect(status).toMatchObject({
      paused: true,
      pausedAfterFailures: 2,
      held: 1,
      limits: { maxRunning: 2, stopAfterFailures: 2, failures: 2 },
    });
    expect((await distcomp('pause')).stdout).toMatch(/^It was paused before/);
    await distcomp('resume');
    expect((await distcomp('status')).stdout).toMatch(/failed +2 {2}pauses after 2 failures\n/);
  });
});

describe('distcomp run with limits', () => {
  /** Nothing is claimed ahead: it would start when a lane is free, before the failure is reported. */
  const once = { DISTCOMP_MAX_RETRY_PER_TASK: '1', DISTCOMP_PREFETCH: '0' };

  it('starts nothing new once so many tasks have failed, and goes on the next time', async () => {
    const bad = 'shell:9:0:0:echo bad >> bad; exit';
    await box.file('x.tasks', [`${bad} 1`, `${bad} 2`, `${bad} 3`, ...noting(5)]);
    const args = ['run', 'x.tasks', '--lanes', '1', '--stop-after', '2'];
    const first = await box.distcomp(args, { env: once });
    expect(first.code).toBe(1);
    expect(first.stderr).toContain(
      '2 tasks failed, the limit of this run: running tasks finish, nothing new starts.\n',
    );
    expect(first.stdout).toContain('0 finished, 2 failed in');
    expect(first.stdout).toContain('6 tasks stay in the queue. Run the file again to go on.\n');
    expect((await box.read('bad')).trim().split('\n')).toHaveLength(2);
    expect(await box.processes()).toEqual([]);
    expect((await box.distcomp(['status'])).stdout).toContain('paused since 2 tasks failed');

    const again = await box.distcomp(['run', 'x.tasks', '--json'], { env: once });
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ finished: 5, failed: 3, interrupted: false });
    expect(sorted(await ran(box))).toEqual(upTo(5));
  });

  it('runs no more at a time than it may', async () => {
    const task = (n: number, wait: string) =>
      `shell:1:0:0:mkdir ${n}.on; ls -d *.on | wc -l >> most; ${wait}; rmdir ${n}.on`;
    // The first one runs until there were two.
    const two = "until grep -q '[2-9]' most; do sleep 0.05; done";
    await box.file(
      'x.tasks',
      Array.from({ length: 8 }, (_, n) => task(n, n === 0 ? two : 'sleep 0.2')),
    );
    const args = 'run x.tasks --workers 2 --lanes 4 --max-running 2'.split(' ');
    const { code, stdout } = await box.distcomp(args);
    expect(stdout).toContain('8 finished, 0 failed');
    expect(code).toBe(0);
    const seen = (await box.read('most')).trim().split('\n').map(Number);
    expect(seen).toHaveLength(8);
    expect(Math.max(...seen)).toBe(2);
  });

  it('has limits for its own queue only', async () => {
    await box.file('x.tasks', noting(1));
    const { code, stderr } = await distcomp('run', 'x.tasks', '--stop-after', '2');
    expect(code).toBe(2);
    expect(stderr).toContain('Set the limits of queue "default" for all: distcomp limit');
    expect(await queue.redis.dbsize()).toBe(0);
  });
});
