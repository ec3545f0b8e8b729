import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { type FailureSpan, failedWithin } from '../../../src/queue/failedWithin';
import { RECENT_MAX } from '../../../src/queue/keys';
import { retry } from '../../../src/queue/retry';
import { submit } from '../../../src/queue/submit';
import { tally } from '../../../src/queue/tally';
import { Actor, OriginalActor } from '../../setup/actor';
import { until } from '../../setup/until';
import { lines, useQueue } from './harness';

const test = useQueue();

/** Tasks that a worker fails for good, all in one call. */
async function failing(tasks: string[]): Promise<string[]> {
  await submit(test.queue, tasks);
  const worker = await Actor.start(test.queue, 'w~1', { maxAttempts: 1 });
  while (worker.held.size < tasks.length) await worker.claim(256);
  for (const line of tasks) worker.fail(line, { exit: 1 });
  await worker.cycle();
  await worker.leave();
  return tasks;
}

const named = (name: string, count = 3) => lines(count).map(line => `${line} ${name}`);

/** The span in which `work` is done. */
async function spanOf(work: () => Promise<unknown>): Promise<FailureSpan> {
  const look = async () => {
    const ms = Date.now();
    // What is done next is not of the same millisecond.
    await until(() => Date.now() > ms);
    return { ms: Date.now(), failed: (await tally(test.queue)).failed };
  };
  const [before, , after] = [await look(), await work(), await look()];
  return { from: before.failed, to: after.failed, sinceMs: before.ms, untilMs: after.ms };
}

async function found(span: FailureSpan): Promise<string[]> {
  const all: string[] = [];
  for await (const some of failedWithin(test.queue, span)) all.push(...some);
  return all.sort();
}

describe('what failed within a span', () => {
  it('is neither what had failed before nor what fails afterwards', async () => {
    await failing(named('before'));
    const span = await spanOf(() => failing(named('within')));
    expect(await found(span)).toEqual(named('within'));
    await failing(named('after'));
    expect(await found(span)).toEqual(named('within'));
  });

  it('is not what has been tried again since', async () => {
    const tasks = named('again');
    const span = await spanOf(() => failing(tasks));
    await retry(test.queue, tasks.slice(0, 1));
    expect(await found(span)).toEqual(tasks.slice(1));
  });

  it('is what was cancelled then while it waited, and not what had been before', async () => {
    const cancelling = async (tasks: string[]) => {
      await submit(test.queue, tasks);
      await cancel(test.queue, tasks);
    };
    await cancelling(named('before'));
    const span = await spanOf(() => cancelling(named('within')));
    expect(await found(span)).toEqual(named('within'));
  });

  it('is not what an original failed, of which nobody knows when', async () => {
    const [line = ''] = named('original');
    const span = await spanOf(async () => {
      await failing(named('ours'));
      await submit(test.queue, [line]);
      const original = new OriginalActor(test.redis, 'node');
      await original.claim(line);
      await original.fail(line);
      await original.takeFromTodo(line);
    });
    expect(await found(span)).toEqual(named('ours'));
  });

  it('is found among all that failed when the list of the newest does not reach back so far', async () => {
    await failing(named('before'));
    const many = named('many', RECENT_MAX + 10).sort();
    const span = await spanOf(() => failing(many));
    expect(await test.redis.llen('distcomp:recent:failed')).toBe(RECENT_MAX);
    expect(await found(span)).toEqual(many);
  });
});
