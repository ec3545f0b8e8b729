import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveCapacities } from '../../../src/queue/capacity';
import { SubmissionPreview } from '../../../src/queue/preview';
import { submit } from '../../../src/queue/submit';
import { submitFile } from '../../../src/queue/submitFile';
import { workers } from '../../../src/queue/workers';
import { readTaskFile } from '../../../src/tasks/file';
import { noWorkerHas } from '../../../src/tasks/needs';
import { addCounts, noCounts } from '../../../src/tasks/words';
import { Actor } from '../../setup/actor';
import { snapshot } from '../../setup/invariants';
import { commandsDuring, lines, useQueue } from './harness';

const test = useQueue();
const silent = { onProblem: () => undefined };

async function* bytes(text: string) {
  yield Buffer.from(text);
}

async function previewOf(...files: string[][]): Promise<SubmissionPreview> {
  const preview = new SubmissionPreview(test.queue);
  for (const file of files) await preview.add(readTaskFile(bytes(file.join('\n'))), silent);
  return preview;
}

const STATES = ['absent', 'todo', 'in_progress', 'finished', 'failed'] as const;

/** Puts a line where a real queue would have it. */
async function put(line: string, state: (typeof STATES)[number]): Promise<void> {
  const { queue, redis } = test;
  const [shared, value] = {
    absent: ['', ''],
    todo: ['', ''],
    in_progress: ['in_progress_tasks', 'w~1'],
    finished: ['finished_tasks', 'w~1: ""'],
    failed: ['failed_tasks', 'w~1,'],
  }[state] as [string, string];
  if (state === 'todo') await submit(queue, [line]);
  else if (shared) await redis.hset(shared, line, value);
}

describe('the preview of a submission', () => {
  it('changes nothing and has the counts that the submission then has', async () => {
    const { queue, redis } = test;
    const tasks = lines(12);
    const line = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...tasks) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('nonsense', '# comment', '', 'python:1:0:0:print(1)'),
      },
    );
    const files = fc.array(fc.array(line, { maxLength: 25 }), { minLength: 1, maxLength: 3 });
    const states = fc.array(fc.constantFrom(...STATES), { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(files, states, async (contents, where) => {
        await redis.flushall();
        for (const [i, task] of tasks.entries()) await put(task, where[i] ?? 'absent');
        const before = await snapshot(redis);
        const preview = await previewOf(...contents);
        expect(await snapshot(redis)).toEqual(before);

        const submitted = noCounts();
        for (const file of contents) {
          const entries = readTaskFile(bytes(file.join('\n')));
          addCounts(submitted, await submitFile(queue, entries, silent));
        }
        expect(preview.counts).toEqual(submitted);
        const { todo, in_progress, finished, repeated } = preview.already;
        expect(todo + in_progress + finished + repeated).toBe(submitted.already);
        const asked = preview.asks.reduce((sum, { count }) => sum + count, 0);
        expect(asked).toBe(submitted.added + submitted.retried);
      }),
      { numRuns: 60 },
    );
  });

  it('takes one script call for a thousand lines', async () => {
    const commands = await commandsDuring(test.redis, async () => {
      const preview = await previewOf(lines(10_000));
      expect(preview.counts.added).toBe(10_000);
    });
    expect((commands.get('evalsha') ?? 0) + (commands.get('eval') ?? 0)).toBeLessThan(15);
    for (const never of ['hgetall', 'hkeys', 'hvals', 'keys', 'smembers']) {
      expect(commands.has(never)).toBe(false);
    }
  });

  it('waits for a second look at what an original may be moving', async () => {
    const { queue, redis } = test;
    const [moving = '', other = ''] = lines(2);
    await redis.hset('worker_status', 'n1', '1700000000:1.00:8:3.00:64');
    await submit(queue, [moving]);
    await redis.hdel('todo_tasks', moving);
    const preview = new SubmissionPreview(queue);
    async function* file() {
      yield Buffer.from(`${lines(1000).join('\n')}\n`);
      await redis.hset('in_progress_tasks', moving, 'n1');
    }
    await preview.add(readTaskFile(file()), silent);
    expect(preview.already.in_progress).toBe(1);
    expect(preview.counts.added).toBe(999);
    expect(await redis.hexists('todo_tasks', other)).toBe(0);
  });
});

describe('what live workers have', () => {
  it('is told by their heartbeats, without those that take nothing', async () => {
    const { queue, redis } = test;
    await Actor.start(queue, 'large~1');
    await Actor.start(queue, 'small~1');
    await Actor.start(queue, 'leaving~1');
    const tell = (name: string, gb: number, state: string) =>
      redis.hset(
        'distcomp:workers',
        name,
        JSON.stringify({ capacity_gb: gb, state, switches: {} }),
      );
    // A heartbeat of the year 2096 does not get old while this runs.
    const beat = (name: string, rest: string) =>
      redis.hset('worker_status', name, `4000000000:${rest}`);
    await beat('large~1', '0.00:16:1.00:64');
    await beat('small~1', '0.00:4:1.00:16');
    await beat('leaving~1', '0.00:64:1.00:512');
    await beat('n1', '0.00:8:1.00:32');
    await redis.hset('worker_status', 'silent', '1700000000:0.00:128:1.00:1024');
    await tell('large~1', 61.27, 'working');
    await tell('small~1', 15.5, 'working');
    await tell('leaving~1', 500, 'draining');
    const has = liveCapacities(await workers(queue));
    expect(has).toEqual([
      { name: 'large~1', memoryGb: 61.27, cores: 16 },
      { name: 'small~1', memoryGb: 15.5, cores: 4 },
      { name: 'n1', memoryGb: 32, cores: 8 },
    ]);
    expect(noWorkerHas({ memoryGb: 64, cores: 1 }, has)).toBe(
      'no live worker has 64 GB: the most is 61.2 GB on large~1',
    );
    expect(noWorkerHas({ memoryGb: 1, cores: 17 }, has)).toBe(
      'no live worker has 17 cores: the most is 16 cores on large~1',
    );
    expect(noWorkerHas({ memoryGb: 61, cores: 16 }, has)).toBeUndefined();
  });
});
