import { describe, expect, it } from 'vitest';
import { type AuditCounts, audit } from '../../../src/queue/audit';
import { submit } from '../../../src/queue/submit';
import { readTaskFile } from '../../../src/tasks/file';
import { Actor, OriginalActor } from '../../setup/actor';
import { snapshot } from '../../setup/invariants';
import { lines, useQueue } from './harness';

const test = useQueue();

async function* bytes(text: string) {
  yield Buffer.from(text);
}

interface Audited {
  counts: AuditCounts;
  lost: string[];
  problems: number[];
}

async function auditOf(file: string | AsyncIterable<Uint8Array>): Promise<Audited> {
  const lost: string[] = [];
  const problems: number[] = [];
  const counts = await audit(
    test.queue,
    readTaskFile(typeof file === 'string' ? bytes(file) : file),
    {
      onProblem: lineNumber => problems.push(lineNumber),
      onLost: tasks => {
        for (const { task, lineNumber } of tasks) lost.push(`${lineNumber} ${task.line}`);
      },
    },
  );
  return { counts, lost, problems };
}

const aliveOriginal = () => test.redis.hset('worker_status', 'n1', '1700000000:1.00:8:3.00:64');

describe('an audit', () => {
  it('says which lines of a file are in which state, and names the lost ones', async () => {
    const { queue, redis } = test;
    const [todo = '', running = '', finished = '', failed = '', lost = ''] = lines(5);
    await submit(queue, [running, finished, failed, todo]);
    const w = await Actor.start(queue, 'w~1', { maxAttempts: 1 });
    await w.claim(3);
    w.finish(finished);
    w.fail(failed);
    await w.cycle();
    const before = await snapshot(redis);
    const file = ['# five', todo, running, 'nonsense', finished, failed, lost, todo, ''].join('\n');
    expect(await auditOf(file)).toEqual({
      counts: {
        todo: 2,
        in_progress: 1,
        finished: 1,
        failed: 1,
        lost: 1,
        unsettled: 0,
        problems: 1,
      },
      lost: [`7 ${lost}`],
      problems: [4],
    });
    expect(await snapshot(redis)).toEqual(before);
  });

  it('finds every lost line of a long file, in order', async () => {
    const { queue } = test;
    const tasks = lines(4000);
    const kept = tasks.filter((_, i) => i % 3 !== 0);
    await submit(queue, kept);
    const { counts, lost } = await auditOf(tasks.join('\n'));
    expect(counts).toMatchObject({ todo: kept.length, lost: tasks.length - kept.length });
    const expected = tasks.flatMap((line, i) => (i % 3 === 0 ? [`${i + 1} ${line}`] : []));
    expect(lost).toEqual(expected);
  });

  it('calls nothing lost that an original holds between two commands', async () => {
    const { queue, redis } = test;
    const [moving = '', lost = '', ...others] = lines(1000);
    await submit(queue, [moving, ...others]);
    await aliveOriginal();
    const n1 = new OriginalActor(redis, 'n1');
    await n1.takeFromTodo(moving);
    // The rest of the file is read when its first thousand tasks have had their first look.
    async function* file() {
      yield Buffer.from(`${[moving, lost, ...others].join('\n')}\n`);
      await n1.putInProgress(moving);
    }
    const { counts, lost: found } = await auditOf(file());
    expect(found).toEqual([`2 ${lost}`]);
    expect(counts).toMatchObject({ todo: 998, in_progress: 1, lost: 1, unsettled: 0 });
  });

  it('finds what an original lost when it died in the gap', async () => {
    const { queue, redis } = test;
    const [line = ''] = lines(1);
    await submit(queue, [line]);
    await aliveOriginal();
    await new OriginalActor(redis, 'n1').takeFromTodo(line);
    expect((await auditOf(line)).lost).toEqual([`1 ${line}`]);
    await submit(queue, [line]);
    expect((await auditOf(line)).counts).toMatchObject({ todo: 1, lost: 0 });
  });
});
