import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { Queue } from '../../../../src/queue/queue';
import { submit } from '../../../../src/queue/submit';
import { startRedis } from '../../../setup/redis';
import { endWorkers, folderOn, type TestHost, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';
import { type HostCommands, hostCommands } from './hostCommands';

const test = useQueue();
const NO_ROOM_NEEDED = { min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 };

const queues: Queue[] = [];
afterEach(async () => {
  for (const { redis, keys } of queues.splice(0)) endWorkers(await redis.hvals(keys.registry));
});

function queueNamed(name: string, redis = test.redis): Queue {
  const queue = new Queue(redis, name);
  queues.push(queue);
  return queue;
}

/** Who works on it: by name, the instance. */
async function holders({ redis, keys }: Queue): Promise<Record<string, string>> {
  const all = await redis.hgetall(keys.registry);
  return Object.fromEntries(
    Object.entries(all).map(([name, it]) => [name, it.split(' ')[0] ?? '']),
  );
}

const settingsIn = (host: TestHost, folder: string) =>
  readFileSync(join(folderOn(host, folder), 'conf.json'), 'utf8');

/** A task of this queue says that it ran. */
async function runsOn(queue: Queue): Promise<void> {
  const before = await queue.redis.hlen(queue.keys.finished);
  await submit(queue, [`shell:1:0:0:: ${queue.name} ${before}`]);
  await until(async () => (await queue.redis.hlen(queue.keys.finished)) === before + 1, {
    describe: `a task of ${queue.name} to run`,
  });
}

describe('two queues on one host', () => {
  async function twoQueues(): Promise<{
    alpha: TestHost;
    commands: HostCommands;
    a: Queue;
    b: Queue;
  }> {
    const network = await testNetwork();
    const alpha = await network.start('alpha');
    const commands = await hostCommands(network, test.server.url);
    await commands.file('conf.json', JSON.stringify(NO_ROOM_NEEDED));
    return { alpha, commands, a: queueNamed('a'), b: queueNamed('b') };
  }

  it('have workers, settings and logs of their own, and each is stopped and restarted alone', async () => {
    const { alpha, commands, a, b } = await twoQueues();
    const { distcomp } = commands;
    const folders = ['a', 'b'].map(name => queueFolder({ url: test.server.url }, name));
    const [ofA = '', ofB = ''] = folders;
    await distcomp('launch', 'alpha', '--queue', 'a', '--lanes', '1');
    const settings = settingsIn(alpha, ofA);
    const workerOfA = await holders(a);
    const launched = await distcomp('launch', 'alpha', '--queue', 'b', '--lanes', '2');
    expect(launched.stdout).toBe('1 worker started\n');
    expect(settingsIn(alpha, ofA)).toBe(settings);
    expect(JSON.parse(settingsIn(alpha, ofB))).toMatchObject({ queue: 'b' });
    expect(await holders(a)).toEqual(workerOfA);
    expect(Object.keys(await holders(b))).toEqual(['alpha~1']);
    await runsOn(a);
    await runsOn(b);
    expect((await distcomp('launch', 'alpha', '--queue', 'a')).stdout).toBe(
      '0 workers started · 1 already running\n',
    );

    const workerOfB = await holders(b);
    const restarted = await distcomp('restart', 'alpha', '--queue', 'a');
    expect(restarted.stdout).toBe('1 worker restarted\n');
    expect(Object.keys(await holders(a))).toEqual(['alpha~1']);
    expect(await holders(a)).not.toEqual(workerOfA);
    expect(await holders(b)).toEqual(workerOfB);

    const logs = await distcomp('logs', 'alpha', '--queue', 'b');
    expect(logs.stdout).toContain('takes tasks of queue "b"');
    expect(logs.stdout).not.toContain('queue "a"');
    const ofOne = await distcomp('hosts', 'alpha', '--queue', 'b');
    expect(ofOne.stdout).toMatch(/^1 worker on 1 host\n {2}alpha {2}alpha~1 \(process \d+\)\n$/);

    expect((await distcomp('stop', 'alpha', '--queue', 'b')).stdout).toBe('1 worker ended\n');
    expect(await holders(b)).toEqual({});
    await runsOn(a);
    const refused = await distcomp('clean', 'alpha', '--queue', 'b', '--yes');
    expect(refused.stderr).toContain('alpha: 1 worker still there');
    await distcomp('stop', 'alpha', '--queue', 'a');
    const cleaned = await distcomp('clean', 'alpha', '--queue', 'b', '--yes');
    expect(cleaned.stdout).toBe('1 host cleaned\n');
    expect(readdirSync(alpha.home)).toEqual([]);
  });

  it('are both meant where no queue is, or that is asked for', async () => {
    const { commands, a, b } = await twoQueues();
    const { distcomp, start } = commands;
    for (const name of ['a', 'b']) await distcomp('launch', 'alpha', '--queue', name);
    const before = [await holders(a), await holders(b)];
    const unset = { env: { DISTCOMP_REDIS_URL: undefined } };
    const shown = await (await start(['hosts', 'alpha', '--json'], unset)).ended;
    const [{ workers }] = JSON.parse(shown.stdout).hosts;
    expect(
      workers.map(({ worker, queue }: Record<string, unknown>) => [worker, queue]).sort(),
    ).toEqual([
      ['alpha~1', 'a'],
      ['alpha~1', 'b'],
    ]);
    const told = await distcomp('hosts', 'alpha', '--all-queues');
    expect(told.stdout.match(/queue "[ab]"/g)?.sort()).toEqual(['queue "a"', 'queue "b"']);
    const unclear = await (await start(['stop', 'alpha', '--queue', 'a'], unset)).ended;
    expect(unclear).toMatchObject({ code: 2 });
    expect(unclear.stderr).toContain('Give --redis URL as well.');

    const restarted = await distcomp('restart', 'alpha', '--all-queues');
    expect(restarted.stdout).toBe('2 workers restarted\n');
    const after = [await holders(a), await holders(b)];
    expect(after.map(Object.keys)).toEqual([['alpha~1'], ['alpha~1']]);
    for (const i of [0, 1]) expect(after[i]).not.toEqual(before[i]);
    for (const queue of [a, b]) await runsOn(queue);
    const logs = await distcomp('logs', 'alpha', '--all-queues');
    for (const name of ['a', 'b']) expect(logs.stdout).toContain(`queue "${name}"`);
    expect((await distcomp('stop', 'alpha', '--all-queues')).stdout).toBe('2 workers ended\n');
    expect([await holders(a), await holders(b)]).toEqual([{}, {}]);
  });
});

describe('two Redis on one host', () => {
  it('are each reached through a tunnel of their own', async () => {
    const other = await startRedis();
    try {
      const network = await testNetwork();
      const alpha = await network.start('alpha');
      const commands = await hostCommands(network, test.server.url);
      await commands.file('conf.json', JSON.stringify(NO_ROOM_NEEDED));
      const servers = [test.server, other];
      const launches = [];
      for (const { url } of servers) {
        const launch = await commands.start(['launch', 'alpha', '--redis', url, '--tunnel']);
        await until(() => launch.stderr().includes('Ctrl-C ends it.'), {
          describe: () => `the launch to stay: ${launch.stderr()}`,
        });
        launches.push(launch);
      }
      const [one, two] = [queueNamed('default'), queueNamed('default', other.client())];
      const links = servers.map(({ url }) =>
        join(folderOn(alpha, queueFolder({ url }, 'default')), 'redis.sock'),
      );
      const [first = '', second = ''] = links;
      expect(readlinkSync(first)).not.toBe(readlinkSync(second));
      for (const queue of [one, two]) await runsOn(queue);

      launches[1]?.process.kill('SIGINT');
      await launches[1]?.ended;
      // The command waits two seconds at most for the host to remove its end.
      await until(() => !existsSync(second), { describe: 'the second link to be gone' });
      expect(existsSync(first)).toBe(true);
      await runsOn(one);
      expect(Object.keys(await holders(two))).toEqual(['alpha~1']);
      const stopped = await commands.distcomp('stop', 'alpha');
      expect(stopped.stdout).toBe('1 worker ended\n');
      expect(await holders(one)).toEqual({});
      expect(Object.keys(await holders(two))).toEqual(['alpha~1']);
      launches[0]?.process.kill('SIGINT');
      await launches[0]?.ended;
    } finally {
      for (const { redis, keys } of queues.splice(0)) endWorkers(await redis.hvals(keys.registry));
      await other.stop();
    }
  });
});
