/** Lanes switched off and on again while tasks run: each executor leaves alone what the other one runs. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { submit } from '../../../src/queue/submit';
import { isAlive } from '../../setup/processes';
import { until } from '../../setup/until';
import { startWorker, testFolder } from '../../setup/workers';
import { useQueue } from '../queue/harness';

const test = useQueue();

it('ends nothing of what runs, by either executor', async () => {
  const folder = await testFolder();
  const path = join(folder, 'live.json');
  const configure = async (conf: Record<string, unknown>) => {
    const always = { redis_url: test.server.url, result_dir: folder, health_report_interval: 0.2 };
    await writeFile(`${path}.new`, JSON.stringify({ ...always, max_task_per_worker: 3, ...conf }));
    await rename(`${path}.new`, path);
  };
  const lanes = async (on: boolean) => {
    await configure({ lanes: on });
    await until(async () => {
      const [text = '{}'] = await test.redis.hvals(test.queue.keys.workers);
      return JSON.parse(text).switches?.lanes === on;
    });
  };
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  /** A task that runs until there is a file "go", and says so at each start. */
  const startLong = async (name: string) => {
    const waits = 'until test -e go; do sleep 0.05; done';
    await submit(test.queue, [`shell:1:0:0:echo ${name} >> starts; ${waits}`]);
    await until(async () => (await read('starts')).includes(name));
  };
  /** Resolves when the executor of now has ended what a task left: it has looked whose all processes are. */
  const untilLooked = async (name: string) => {
    const leaves = `setsid sh -c 'echo $$ > ${name}; exec sleep 3600' > /dev/null 2>&1 &`;
    await submit(test.queue, [`shell:1:0:0:${leaves} until test -s ${name}; do sleep 0.05; done`]);
    await until(async () => Number(await read(name)) > 0);
    const pid = Number(await read(name));
    await until(() => !isAlive(pid), { describe: 'what the task left to be ended' });
  };

  await configure({});
  await startWorker({ folder, conf: {}, args: ['--config', path] });
  await startLong('in a lane');
  await lanes(false);
  await untilLooked('left-spawned');
  await startLong('spawned');
  await lanes(true);
  await untilLooked('left-in-lane');
  await writeFile(join(folder, 'go'), '');
  await until(async () => (await test.redis.hlen('finished_tasks')) === 4);
  expect(await read('starts')).toBe('in a lane\nspawned\n');
  expect(await test.redis.hlen('failed_tasks')).toBe(0);
});
