/** The clock of Redis is stepped, as by a time server, while everything else goes on. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect } from '../../../src/queue/connection';
import { counts } from '../../../src/queue/counts';
import { DEFAULT_QUEUE } from '../../../src/queue/keys';
import { Queue } from '../../../src/queue/queue';
import { submit } from '../../../src/queue/submit';
import { startRedis, type TestRedis } from '../../setup/redis';
import { type SteppedClock, steppedClock } from '../../setup/steppedClock';
import { until } from '../../setup/until';
import { startWorker, testFolder } from '../../setup/workers';

const HOUR = 3600;

let server: TestRedis;
let queue: Queue;
let clock: SteppedClock;

beforeEach(async () => {
  clock = steppedClock(await testFolder());
  server = await startRedis({ environment: clock.environment });
  queue = new Queue(await connect({ url: server.url }, 'test'), DEFAULT_QUEUE);
});
afterEach(async () => {
  queue.redis.disconnect();
  await server.stop();
});

const start = (slot: number) =>
  startWorker({
    conf: { redis_url: server.url, max_task_per_worker: 1 },
    args: ['--slot', `${slot}`],
  });

const until1 = (what: 'inProgress' | 'finished') =>
  until(async () => (await counts(queue))[what] === 1, {
    describe: async () => `one ${what}: ${JSON.stringify(await counts(queue))}`,
  });

it.each([
  ['back', HOUR, 0],
  ['forward', 0, HOUR],
])('a worker that dies is found lost after a step %s', async (_, before, after) => {
  clock.step(before);
  const first = await start(1);
  await submit(queue, ['shell:1:0:0:[ $DISTCOMP_ATTEMPT = 2 ] || sleep 300']);
  await until1('inProgress');
  await start(2);
  await until(async () => (await counts(queue)).workers === 2);
  // Somebody is on duty, has looked at both, and a minute is written.
  await until(async () => (await queue.redis.hlen(queue.keys.seen)) === 2);
  clock.step(after);
  first.signal('SIGKILL');
  await until1('finished');
});

it.each([
  ['back', HOUR, 0],
  ['forward', 0, HOUR],
])('a task that failed is tried again after a step %s', async (_, before, after) => {
  clock.step(before);
  await submit(queue, ['shell:1:0:0:[ $DISTCOMP_ATTEMPT = 2 ] || exit 1']);
  const worker = await startWorker({
    conf: { redis_url: server.url, retry_elsewhere_seconds: 1, max_task_per_worker: 1 },
    args: ['--slot', '1'],
  });
  expect(worker.log()).toContain('takes tasks');
  await until(
    async () => (await counts(queue)).waitingForRetry + (await counts(queue)).finished > 0,
  );
  clock.step(after);
  await until1('finished');
});
