import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { launch } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { stopWorkers } from '../../../../src/cluster/ssh/stop';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import { endWorkers, sessionsOf, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';

const test = useQueue();
afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

/** Between two looks at whether all have ended: with no time to drain, only once both TERMs are sent. */
const isBetweenLooks = (pid: number) =>
  sessionsOf(pid)
    .flatMap(sessionsOf)
    .flatMap(sessionsOf)
    .some(child => readFileSync(`/proc/${child}/cmdline`, 'utf8') === 'sleep\x000.2\0');

it('a worker that comes to its signals only after both were sent gives back what it runs', async () => {
  const network = await testNetwork();
  const alpha = await network.start('alpha');
  const there = {
    hosts: [{ name: 'alpha', address: 'alpha' }],
    queueFolder: queueFolder({ url: test.server.url }, DEFAULT_QUEUE),
    ssh: { configFile: network.configFile },
  };
  await launch({
    ...there,
    workerBundle: programs().worker,
    config: {
      redis_url: test.server.url,
      min_dram_gb_accept_new_task: 0,
      min_dram_gb_trigger_return: 0,
    },
    workersPerHost: 1,
  });
  await submit(test.queue, ['shell:1:0:0:exec sleep 1000']);
  await until(async () => (await test.redis.hlen('in_progress_tasks')) === 1);
  const holder = await test.redis.hget(test.queue.keys.registry, 'alpha~1');
  const pid = Number(holder?.split(' ')[3]);
  process.kill(pid, 'SIGSTOP');
  const stopping = stopWorkers({ ...there, drainSeconds: 0 });
  await until(() => isBetweenLooks(alpha.pid), { describe: 'both TERMs to be sent' });
  process.kill(pid, 'SIGCONT');
  expect(await stopping).toMatchObject([{ endings: [{ slot: 1, ending: 'ended' }] }]);
  expect(await test.redis.hlen('todo_tasks')).toBe(1);
  expect(await test.redis.hlen('in_progress_tasks')).toBe(0);
});
