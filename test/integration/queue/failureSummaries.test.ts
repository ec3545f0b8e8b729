import { describe, expect, it } from 'vitest';
import { failureSummaries } from '../../../src/queue/failureSummaries';
import { retry } from '../../../src/queue/retry';
import { submit } from '../../../src/queue/submit';
import { Actor } from '../../setup/actor';
import { until } from '../../setup/until';
import { useQueue } from './harness';

const test = useQueue();

const line = (i: number) => `shell:1:0:0:task ${i}`;

/** So many tasks fail on a worker, one after the other, each with these last words. */
async function failing(worker: string, from: number, words: readonly string[]): Promise<void> {
  const actor = await Actor.start(test.queue, worker, { maxAttempts: 1, lanes: words.length });
  await submit(
    test.queue,
    words.map((_, i) => line(from + i)),
  );
  await actor.claim(words.length);
  for (const [i, err] of words.entries()) {
    actor.fail(line(from + i), { exit: 1, err });
    await actor.cycle();
  }
}

const redisTime = async () => {
  const [seconds, microseconds] = await test.redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
};

describe('failures by kind', () => {
  it('are told with count, newest task, times and workers, the most frequent first', async () => {
    const before = await redisTime();
    await failing('a~1', 0, ['ValueError: 1', 'KeyError: x', 'ValueError: 2']);
    await failing('b~1', 10, ['ValueError: 3']);
    const after = await redisTime();
    const { kinds, summaries } = await failureSummaries(test.queue, 10);
    expect(kinds).toBe(2);
    expect(
      summaries.map(({ signature, count, sample, workers }) => [signature, count, sample, workers]),
    ).toEqual([
      ['exit 1  ValueError: <n>', 3, line(10), ['b~1', 'a~1']],
      ['exit 1  KeyError: x', 1, line(1), ['a~1']],
    ]);
    for (const { firstMs = 0, lastMs = 0 } of summaries) {
      expect(firstMs).toBeGreaterThanOrEqual(before);
      expect(lastMs).toBeGreaterThanOrEqual(firstMs);
      expect(lastMs).toBeLessThanOrEqual(after);
    }
  });

  it('pass over what runs again, or failed in another way since', async () => {
    await failing('a~1', 0, ['ValueError: 1', 'ValueError: 2']);
    await retry(test.queue, [line(1)]);
    const { summaries } = await failureSummaries(test.queue, 10);
    expect(summaries).toMatchObject([{ count: 1, sample: line(0) }]);
  });

  it('are told with how many failed in all, what an original failed too', async () => {
    await failing('a~1', 0, ['ValueError: 1', 'KeyError: x']);
    await test.redis.hset('failed_tasks', line(2), 'n1,');
    expect(await failureSummaries(test.queue, 1)).toMatchObject({ kinds: 2, failed: 3 });
    await retry(test.queue, [line(0)]);
    expect(await failureSummaries(test.queue, 1)).toMatchObject({ kinds: 1, failed: 2 });
  });

  it('are cut to the most frequent kinds, in one command however many tasks failed', async () => {
    const words = Array.from({ length: 30 }, (_, i) => `Kind${'abcdefghij'[i % 10]}Error`);
    await failing('a~1', 0, words);
    const client = test.server.client();
    // What it asks when it connects must not come after the monitor.
    await client.ping();
    const monitor = await client.monitor();
    const sent: string[] = [];
    monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
      if (source !== 'lua') sent.push(name.toLowerCase());
    });
    const { kinds, summaries } = await failureSummaries(test.queue, 4);
    await test.redis.echo('end');
    await until(() => sent.at(-1) === 'echo');
    monitor.disconnect();
    expect(sent.filter(name => name !== 'eval')).toEqual(['evalsha', 'echo']);
    expect(kinds).toBe(10);
    expect(summaries.map(({ count }) => count)).toEqual([3, 3, 3, 3]);
  });

  it('are none where nothing failed', async () => {
    expect(await failureSummaries(test.queue, 10)).toEqual({ kinds: 0, failed: 0, summaries: [] });
  });
});
