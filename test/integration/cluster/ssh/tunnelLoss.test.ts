import { lstat, readlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { Queue } from '../../../../src/queue/queue';
import { submit } from '../../../../src/queue/submit';
import { signalAll } from '../../../setup/processes';
import {
  endWorkers,
  folderOn,
  sessionsOf,
  type TestHost,
  testNetwork,
} from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import type { Running } from '../../cli/sandbox';
import { useQueue } from '../../queue/harness';
import { type HostCommands, hostCommands } from './hostCommands';
import { gated, leaving, linesOf, upTo } from './lineTasks';

const test = useQueue();

interface Tunnelled {
  queue: Queue;
  launch: Running;
  /** Where its tasks leave their lines. */
  file: string;
  gate: string;
}

const opened: Tunnelled[] = [];
afterEach(async () => {
  for (const { launch, queue } of opened.splice(0)) {
    launch.process.kill('SIGKILL');
    endWorkers(await queue.redis.hvals(queue.keys.registry));
  }
});

const AWAY_MS = 60_000;
const TASKS = 40;

/**
 * Two workers on a host behind a tunnel, on a queue of their own, since a worker elsewhere would rightly
 * take over what they hold. They run a task that ends when its gate opens, and have others to run.
 */
async function busyBehindTunnel(commands: HostCommands, { name }: TestHost): Promise<Tunnelled> {
  const words = ['launch', name, '--tunnel', '--workers', '2', '--lanes', '1', '--queue', name];
  const launch = await commands.start(words);
  const [file, gate] = [join(commands.cwd, `${name}-ran`), join(commands.cwd, `${name}-gate`)];
  const queue = new Queue(test.redis, name);
  opened.push({ queue, launch, file, gate });
  await until(() => launch.stderr().includes('Ctrl-C ends it.'), {
    describe: () => `the launch to stay: ${launch.stderr()}`,
  });
  const last = TASKS - 1;
  await submit(queue, [gated(file, gate, last), ...leaving(file, last)]);
  await until(async () => (await linesOf(file)).includes(last), { describe: 'the task to run' });
  return { queue, launch, file, gate };
}

/** It is back, and each task runs once, those after the loss too. Nobody was found lost. */
async function goOn({ queue, launch, file }: Tunnelled): Promise<void> {
  const { name } = queue;
  await until(() => launch.stderr().includes(`  ${name}: the tunnel is back.\n`), {
    describe: () => `the tunnel to be back: ${launch.stderr()}`,
  });
  await submit(queue, leaving(file, 10, TASKS));
  const finished = () => queue.redis.hlen(queue.keys.finished);
  await until(async () => (await finished()) === TASKS + 10, { describe: 'all tasks' });
  expect(await linesOf(file)).toEqual(upTo(TASKS + 10));
  expect(await queue.redis.llen(queue.keys.lost)).toBe(0);
}

const there = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

describe('tunnels that are away for long', () => {
  it('come back from a host that was gone for a minute, and from one that was silent', async () => {
    const network = await testNetwork();
    const [gone, silent] = await Promise.all([network.start('gone'), network.start('silent')]);
    const commands = await hostCommands(network, test.server.url);
    const [toGone, toSilent] = await Promise.all([
      busyBehindTunnel(commands, gone),
      busyBehindTunnel(commands, silent),
    ]);
    const ofQueue = queueFolder({ url: test.server.url }, 'silent');
    const link = join(folderOn(silent, ofQueue), 'redis.sock');
    const old = await readlink(link);
    const stopped = sessionsOf(silent.pid);

    await gone.stop('sessions');
    const since = performance.now();
    signalAll(stopped, 'SIGSTOP');
    try {
      // What runs ends while nobody can be told.
      for (const { gate } of [toGone, toSilent]) await writeFile(gate, '');
      await goOn(toSilent);
      expect(toSilent.launch.stderr()).toContain(
        '  silent: the tunnel is lost: it did not answer. Its workers wait;',
      );
      expect(await there(old)).toBe(true);
    } finally {
      signalAll(stopped, 'SIGCONT');
    }
    await until(async () => !(await there(dirname(old))), { describe: 'the old folder gone' });
    // What ends late takes nothing from the one that is there.
    expect(await there(link)).toBe(true);

    await until(() => performance.now() - since >= AWAY_MS, { timeoutMs: 2 * AWAY_MS });
    const { queue, launch } = toGone;
    expect(await queue.redis.hlen(queue.keys.inProgress)).toBeGreaterThan(0);
    expect(launch.stderr()).not.toContain('the tunnel is back');
    expect(launch.stderr()).toContain('  gone: the tunnel is lost: the connection ended.');
    await gone.restart();
    await goOn(toGone);
  });
});
