import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAttempts } from '../../../src/queue/attempt';
import { details } from '../../../src/queue/details';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { taskId } from '../../../src/tasks/task';
import { until } from '../../setup/until';
import { startWorker } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();

const conf = (more: Record<string, unknown> = {}) => ({ redis_url: test.server.url, ...more });

/** Waits until so many tasks are in a hash, and answers the hash. */
async function inHash(hash: string, tasks: number): Promise<Record<string, string>> {
  await until(async () => (await test.redis.hlen(hash)) === tasks, {
    describe: `${tasks} in ${hash}`,
  });
  return test.redis.hgetall(hash);
}

describe('a worker', () => {
  it('runs tasks and writes their results as the original does', async () => {
    const lines = [
      `shell:1:0:0:printf 'two\\nlines\\n'`,
      'shell:1:0:0:echo a:b',
      'shell:1:0:0:true',
      `shell:1:0:0:printf '\\303\\251t\\303\\251'`,
      'python:1:0:0:print(6 * 7)',
      'demo:1:0:0:hello  "world"',
    ];
    await submit(test.queue, lines);
    await startWorker({ conf: conf() });
    const finished = await inHash('finished_tasks', lines.length);
    const results = lines.map(line => finished[line]?.replace(/^[^:]+~1: /, ''));
    expect(results).toEqual([
      '"two\\nlines"',
      '"a:b"',
      '""',
      '"été"',
      '"42"',
      '"hello  \\"world\\""',
    ]);
    expect(await test.redis.hlen('todo_tasks')).toBe(0);
    expect(await test.redis.hlen('in_progress_tasks')).toBe(0);
    expect(await test.redis.hlen('distcomp:in_progress_tasks')).toBe(0);
  });

  it('keeps the full output in files, and says where', async () => {
    const line = 'shell:1:0:0:seq 1 5000; echo why >&2';
    await submit(test.queue, [line]);
    const { folder } = await startWorker({ conf: conf({ max_result_bytes: 300 }) });
    const finished = await inHash('finished_tasks', 1);
    const value = finished[line]?.slice((finished[line] ?? '').indexOf(': ') + 2) ?? '';
    expect(Buffer.byteLength(value)).toBeLessThanOrEqual(300);
    const text: string = JSON.parse(value);
    expect(text.startsWith('1\n2\n3\n')).toBe(true);
    expect(text.endsWith('\n4999\n5000')).toBe(true);
    const { attempts } = await details(test.queue, line);
    const path = attempts[0]?.path ?? '';
    expect(path.startsWith(join(folder, 'distcomp-output'))).toBe(true);
    const full = Array.from({ length: 5000 }, (_, i) => `${i + 1}\n`).join('');
    expect(await readFile(`${path}.out`, 'utf8')).toBe(full);
    expect(await readFile(`${path}.err`, 'utf8')).toBe('why\n');
  });

  it('tells a task its id, its worker and its attempt, and nothing else of ours', async () => {
    const line = 'shell:1:0:0:env | grep ^DISTCOMP_ | sort';
    await submit(test.queue, [line]);
    await startWorker({ conf: conf() });
    const finished = await inHash('finished_tasks', 1);
    const printed: string = JSON.parse(finished[line]?.replace(/^\S+: /, '') ?? '');
    const names = printed.split('\n').filter(entry => !entry.startsWith('DISTCOMP_INSTANCE='));
    expect(names).toEqual([
      'DISTCOMP_ATTEMPT=1',
      `DISTCOMP_TASK_ID=${taskId(line)}`,
      expect.stringMatching(/^DISTCOMP_WORKER=\S+~1$/),
    ]);
  });

  it('tries a failing task as often as configured, then fails it for good', async () => {
    const line = 'shell:1:0:0:echo out; echo try $DISTCOMP_ATTEMPT >&2; exit 7';
    await submit(test.queue, [line]);
    await startWorker({ conf: conf({ max_retry_per_task: 3 }) });
    await until(async () => (await test.redis.llen('distcomp:recent:failed')) === 1, {
      describe: 'the task to fail for good',
    });
    const failed = await test.redis.hget('failed_tasks', line);
    expect(failed).toMatch(/^(\S+~1,){3}$/);
    expect(await test.redis.hget('task_fail_reason', line)).toBe('"try 3"');
    expect(await test.redis.hexists('todo_tasks', line)).toBe(0);
    const { attempts, state } = await details(test.queue, line);
    expect(state).toBe('failed');
    expect(attempts.map(({ number, exit, err, out }) => ({ number, exit, err, out }))).toEqual(
      [3, 2, 1].map(n => ({ number: n, exit: 7, err: `try ${n}\n`, out: 'out\n' })),
    );
  });

  describe('keeps of attempts in Redis', () => {
    const flaky =
      'shell:1:0:0:echo out; { echo first; echo last $DISTCOMP_ATTEMPT; } >&2; [ $DISTCOMP_ATTEMPT = 3 ]';
    const hopeless = `${flaky}; false`;
    const ends = (n: number) => ({ number: n, out: 'out\n', err: `first\nlast ${n}\n` });

    /** Of one task that ends well the third time, and of one that never does. */
    async function recordsWith(more: Record<string, unknown>) {
      await submit(test.queue, [flaky, hopeless]);
      await startWorker({ conf: conf({ max_retry_per_task: 3, ...more }) });
      await until(async () => (await test.redis.llen('distcomp:recent:failed')) === 1, {
        describe: 'one task to fail for good',
      });
      await inHash('finished_tasks', 1);
      const stored = await test.redis.hmget('distcomp:attempts', flaky, hopeless);
      return stored.map(text =>
        parseAttempts(text ?? '').map(({ number, out, err }) => ({ number, out, err })),
      );
    }

    it('the ends of what failed ones wrote, and a short record of a finished one', async () => {
      expect(await recordsWith({})).toEqual([
        [ends(1), ends(2), { number: 3 }],
        [ends(1), ends(2), ends(3)],
      ]);
    });

    it('with "full" the ends of what every one wrote', async () => {
      expect(await recordsWith({ attempt_records: 'full' })).toEqual([
        [ends(1), ends(2), ends(3)],
        [ends(1), ends(2), ends(3)],
      ]);
    });

    it('with "last" a short record of the last one, whose number goes on', async () => {
      expect(await recordsWith({ attempt_records: 'last' })).toEqual([
        [{ number: 3 }],
        [{ number: 3, err: 'last 3' }],
      ]);
      const failures = await test.redis.hgetall('distcomp:failures');
      expect(failures).toEqual({ 'exit 1  last <n>': '1' });
    });
  });

  it('ends a task at its timeout, and counts that as an attempt', async () => {
    const own = 'shell:1:0:0:1:sleep 98';
    const none = 'shell:1:0:0:0:sleep 1.5; echo done';
    const usual = 'shell:1:0:0:sleep 99';
    await submit(test.queue, [own, none, usual]);
    await startWorker({
      conf: conf({ max_retry_per_task: 1, default_task_timeout_seconds: 1 }),
    });
    await inHash('task_fail_reason', 2);
    await inHash('finished_tasks', 1);
    for (const line of [own, usual]) {
      const { attempts, reason } = await details(test.queue, line);
      expect(attempts[0]?.timeout).toBe(true);
      expect(reason).toContain('ended after 1 s, its timeout');
    }
    expect(await test.redis.hget('finished_tasks', none)).toMatch(/: "done"$/);
    expect(processes('sleep 9[89]')).toEqual([]);
  });

  it('beats in the format of the original', async () => {
    await startWorker({ conf: conf() });
    const status = await inHash('worker_status', 1);
    const [[name, value] = ['', '']] = Object.entries(status);
    expect(name).toMatch(/^[^~:,]+~1$/);
    expect(value).toMatch(/^\d+:\d+\.\d\d:\d+\.\d\d:\d+\.\d\d:\d+\.\d\d$/);
    const [seconds] = await test.redis.time();
    expect(Math.abs(Number(seconds) - Number(value.split(':')[0]))).toBeLessThan(60);
  });

  it('starts no more tasks at a time than their cores and its lanes allow', async () => {
    const mark = 'echo + >> marks; sleep 0.3; echo - >> marks';
    const lines = Array.from({ length: 8 }, (_, i) => `shell:1:0:1:${mark} # ${i}`);
    await submit(test.queue, lines);
    const { folder } = await startWorker({ conf: conf({ max_task_per_worker: 64 }) });
    await inHash('finished_tasks', lines.length);
    const { cores } = await import('../../../src/host/cores');
    const marks = await readFile(join(folder, 'marks'), 'utf8');
    expect(mostAtATime(marks)).toBeLessThanOrEqual(cores());
    expect(marks.match(/\+/g)).toHaveLength(8);
  });

  it('leaves a task that needs more memory than the host has to others', async () => {
    const big = 'shell:9:900000:0:echo big';
    const small = 'shell:1:0:0:echo small';
    await submit(test.queue, [big, small]);
    await startWorker({ conf: conf() });
    await inHash('finished_tasks', 1);
    expect(await test.redis.hexists('finished_tasks', small)).toBe(1);
    expect(await test.redis.hget('todo_tasks', big)).toBeTruthy();
  });

  it('runs the highest priority first', async () => {
    const lines = [1, 5, 9, 3].map(priority => `shell:${priority}:0:0:echo ${priority} >> order`);
    await submit(test.queue, lines);
    const { folder } = await startWorker({ conf: conf({ max_task_per_worker: 1 }) });
    await inHash('finished_tasks', 4);
    expect(await readFile(join(folder, 'order'), 'utf8')).toBe('9\n5\n3\n1\n');
  });

  it('takes what another program puts into todo_tasks by hand', async () => {
    await startWorker({ conf: conf() });
    await test.redis.hset('todo_tasks', 'shell:1:0:0:echo by hand', '');
    const finished = await inHash('finished_tasks', 1);
    expect(finished['shell:1:0:0:echo by hand']).toMatch(/"by hand"$/);
  });

  it('works with lanes off in the same way', async () => {
    const lines = ['shell:1:0:0:echo ok', 'shell:1:0:0:echo no >&2; exit 3'];
    await submit(test.queue, lines);
    await startWorker({ conf: conf({ lanes: false, max_retry_per_task: 1 }) });
    const finished = await inHash('finished_tasks', 1);
    expect(finished[lines[0] ?? '']).toMatch(/"ok"$/);
    expect(await inHash('task_fail_reason', 1)).toEqual({ [lines[1] ?? '']: '"no"' });
  });

  it('reports output that is no UTF-8 instead of failing', async () => {
    const line = `shell:1:0:0:printf 'a\\377b'`;
    await submit(test.queue, [line]);
    await startWorker({ conf: conf() });
    const finished = await inHash('finished_tasks', 1);
    expect(finished[line]).toMatch(/"a\uFFFDb"$/);
  });

  it('serves a named queue and touches no other', async () => {
    const named = new Queue(test.redis, 'sweep.1');
    await submit(named, ['shell:1:0:0:echo named']);
    await submit(test.queue, ['shell:1:0:0:echo default']);
    await startWorker({ conf: conf(), args: ['--queue', 'sweep.1'] });
    await inHash('{sweep.1}:finished_tasks', 1);
    expect(await test.redis.hlen('todo_tasks')).toBe(1);
  });
});

function mostAtATime(marks: string): number {
  let now = 0;
  let most = 0;
  for (const mark of marks.trim().split('\n')) {
    now += mark === '+' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

/** Command lines of live processes that match a pattern. */
function processes(pattern: string): string[] {
  const all = execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).split('\n');
  return all.filter(line => new RegExp(`^${pattern}`).test(line));
}
