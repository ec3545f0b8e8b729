/** A claim whose answer arrives when the worker has been found lost: its tasks are others' by then. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scripts } from '../../../src/queue/script';
import { submit } from '../../../src/queue/submit';
import { type LongWay, longWay } from '../../setup/longWay';
import { until } from '../../setup/until';
import { startWorker, type TestWorker, testFolder } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();
const QUICK = { health_report_interval: 1, worker_dead_seconds: 5, max_task_per_worker: 1 };

let way: LongWay;

beforeAll(async () => {
  way = await longWay(test.server.port);
});
afterAll(() => way.close());

/** Freezes the worker with the answer to its claim under way. @returns what lets the answer arrive */
async function freezeBeforeAnswer(worker: TestWorker): Promise<() => void> {
  for (;;) {
    const arrive = await way.holdAnswer(scripts.cycle.sha);
    worker.signal('SIGSTOP');
    if ((await test.redis.hlen('in_progress_tasks')) > 0) return arrive;
    // It had only asked.
    worker.signal('SIGCONT');
    arrive();
  }
}

it('starts nothing of it', async () => {
  const folder = await testFolder();
  const ran = async () => (await readFile(join(folder, 'ran'), 'utf8')).trim().split('\n');
  const finished = (count: number) =>
    until(async () => (await test.redis.hlen('finished_tasks')) === count, {
      describe: `${count} finished tasks`,
    });
  const far = { ...QUICK, redis_url: `redis://127.0.0.1:${way.port}` };
  const first = await startWorker({ conf: far, folder, args: ['--slot', '1'] });
  // Its first look was in vain; from then on Redis knows by its hash what it is asked.
  await until(async () => (await test.redis.get(test.queue.keys.hungry)) !== null);
  const frozen = freezeBeforeAnswer(first);
  await submit(test.queue, ['shell:1:0:0:echo first by $DISTCOMP_WORKER >> ran']);
  const arrive = await frozen;
  const near = { ...QUICK, redis_url: test.server.url };
  const peer = await startWorker({ conf: near, folder, args: ['--slot', '2'] });
  await finished(1);
  peer.signal('SIGTERM');
  await peer.ended;

  arrive();
  first.signal('SIGCONT');
  // It has one lane, so what it had started before would have ended before.
  await submit(test.queue, ['shell:1:0:0:echo second by $DISTCOMP_WORKER >> ran']);
  await finished(2);
  expect(await ran()).toEqual([
    expect.stringMatching(/^first by .*~2$/),
    expect.stringMatching(/^second by .*~1$/),
  ]);
});
