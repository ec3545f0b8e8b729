/** From a list of hosts to a working cluster and back to hosts with nothing of ours, as a person does it. */
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { submit } from '../../../../src/queue/submit';
import { endWorkers, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';
import { hostCommands } from './hostCommands';
import { untilHostsMeet } from './lineTasks';

const NAMES = ['alpha', 'beta', 'gamma', 'delta'];
const TASKS = 60;

const test = useQueue();
afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

const found = (folder: string, ...words: string[]) =>
  execFileSync('find', [folder, ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);

it('four hosts are launched on, share the tasks, are stopped and cleaned', async () => {
  const network = await testNetwork();
  const homes = await Promise.all(NAMES.map(async name => (await network.start(name)).home));
  const before = homes.flatMap(home => found(home));
  const { file, distcomp } = await hostCommands(network, test.server.url);
  const conf = {
    ...{ min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 },
    ...{ max_task_per_worker: 2, health_report_interval: 0.5 },
  };
  await file('conf.json', JSON.stringify(conf));
  await file('hosts', NAMES);

  expect(await distcomp('launch', '--hosts', 'hosts')).toMatchObject({
    code: 0,
    stdout: '4 workers started\n',
  });
  const registered = async () => (await test.redis.hkeys(test.queue.keys.registry)).sort();
  const workers = NAMES.map(name => `${name}~1`).sort();
  expect(await registered()).toEqual(workers);

  const met = join(network.folder, 'met');
  await mkdir(met);
  const meet = untilHostsMeet(met, NAMES.length);
  const tasks = Array.from({ length: TASKS }, (_, i) => `shell:1:0:0:${meet}; echo ${i}`);
  await submit(test.queue, tasks);
  await until(async () => (await test.redis.hlen('finished_tasks')) === TASKS);
  const finished = await test.redis.hgetall('finished_tasks');
  const shares = workers.map(
    name => Object.values(finished).filter(value => value.startsWith(`${name}: `)).length,
  );
  expect(Math.min(...shares)).toBeGreaterThan(0);
  expect(shares.reduce((sum, share) => sum + share)).toBe(TASKS);

  const again = await distcomp('launch', '--hosts', 'hosts');
  expect(again).toMatchObject({ code: 0 });
  expect(again.stdout).toContain('4 already running');
  expect(await registered()).toEqual(workers);

  expect((await distcomp('stop', '--hosts', 'hosts')).code).toBe(0);
  expect(await registered()).toEqual([]);
  expect(homes.flatMap(home => found(home, '-path', '*.distcomp*')).length).toBeGreaterThan(0);
  expect((await distcomp('clean', '--hosts', 'hosts', '--yes')).code).toBe(0);
  expect(homes.flatMap(home => found(home))).toEqual(before);
});
