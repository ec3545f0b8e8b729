import { describe, expect, it } from 'vitest';
import { cancel } from '../../../src/queue/cancel';
import { outliersOf } from '../../../src/queue/outliers';
import { submit } from '../../../src/queue/submit';
import { workers } from '../../../src/queue/workers';
import { until } from '../../setup/until';
import { startWorker } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();

const conf = (more: Record<string, unknown> = {}) => ({
  redis_url: test.server.url,
  max_retry_per_task: 1,
  ...more,
});

/** What workers told last, as it stands in Redis. */
async function told(): Promise<Record<string, unknown>[]> {
  const texts = await test.redis.hvals(test.queue.keys.workers);
  return texts.map((text): Record<string, unknown> => JSON.parse(text));
}

/** Once the only worker has told that so many attempts ended. */
async function toldAfter(ended: number): Promise<Record<string, unknown>> {
  const hasEnded = async () => (await told()).find(details => details.ended === ended);
  return until(hasEnded, {
    describe: async () => `${ended} attempts to have ended: ${JSON.stringify(await told())}`,
  });
}

describe('a worker tells of its attempts', () => {
  it('how many ended, how many failed, and how long those took that finished', async () => {
    await submit(test.queue, [
      'shell:1:0:0:sleep 0.1',
      'shell:1:0:0:sleep 0.3',
      'shell:1:0:0:false',
    ]);
    await startWorker({ conf: conf() });
    const details = await toldAfter(3);
    expect(details).toMatchObject({ failed: 1, recent_ended: 3, recent_failed: 1 });
    expect(details.mean_ms).toBeGreaterThanOrEqual(200);
    expect(details.deviation_ms).toBeGreaterThan(0);
  });

  it('as failed what was ended by a signal, its timeout or its output', async () => {
    await submit(test.queue, [
      'shell:1:0:0:kill -9 $$',
      'shell:1:0:0:1:sleep 1000',
      'shell:1:0:0:yes',
      'shell:1:0:0:true',
    ]);
    await startWorker({ conf: conf({ max_output_bytes: 10_000 }) });
    expect(await toldAfter(4)).toMatchObject({ failed: 3, recent_ended: 4, recent_failed: 3 });
  });

  it('each attempt of a task that is tried again', async () => {
    await submit(test.queue, ['shell:1:0:0:test $DISTCOMP_ATTEMPT = 3']);
    await startWorker({ conf: conf({ max_retry_per_task: 3 }) });
    expect(await toldAfter(3)).toMatchObject({ failed: 2, recent_failed: 2 });
  });

  it('nothing of what was cancelled while it ran', async () => {
    const endless = 'shell:1:0:0:sleep 1000';
    await submit(test.queue, [endless]);
    await startWorker({ conf: conf() });
    await until(async () => (await told())[0]?.running === 1);
    await cancel(test.queue, [endless]);
    await until(async () => (await told())[0]?.running === 0, { describe: 'it to have ended' });
    await submit(test.queue, ['shell:1:0:0:true']);
    await until(async () => (await test.redis.hlen('finished_tasks')) === 1);
    expect(await toldAfter(1)).toMatchObject({ failed: 0, recent_ended: 1, recent_failed: 0 });
  });

  it('by which the one on a broken host stands out, and none of the others', async () => {
    await Promise.all([
      startWorker({ conf: conf(), environment: { BROKEN: 'yes' }, args: ['--slot', '1'] }),
      startWorker({ conf: conf(), args: ['--slot', '2'] }),
      startWorker({ conf: conf(), args: ['--slot', '3'] }),
    ]);
    let batch = 0;
    const roster = await until(
      async () => {
        const lines = Array.from(
          { length: 30 },
          (_, n) => `shell:1:0:0:test -z "$BROKEN" # ${batch} ${n}`,
        );
        batch++;
        await submit(test.queue, lines);
        const all = await workers(test.queue);
        const enough = all.filter(({ details }) => (details.recent_ended ?? 0) >= 20);
        return enough.length === 3 && all;
      },
      { describe: async () => JSON.stringify(await told()) },
    );
    const [first, ...rest] = roster.map(({ details }) => details);
    expect(first?.recent_failed).toBe(first?.recent_ended);
    expect(rest.map(({ recent_failed }) => recent_failed)).toEqual([0, 0]);
    const { recent_ended: ended } = first ?? {};
    expect([...outliersOf(roster)]).toEqual([
      [roster[0]?.name, [{ kind: 'fails', failed: ended, ended }]],
    ]);
  });
});
