import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endWorkers, type TestNetwork, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';
import { hostCommands } from './hostCommands';

const test = useQueue();

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

/** Of `crowd.ts`. */
const AT_ONCE = 8;
/** Of the whole command; most of it is Node itself. */
const MOST_MEMORY_MB = 150;

/**
 * One in five gets a worker. A hundred take a minute of both cores here and five gigabytes, and what is
 * bounded is the same for the others: each is a whole connection with the whole script.
 */
const NAMES = Array.from({ length: 100 }, (_, i) => `h${i}`);
const [SLOW = '', ...OTHERS] = NAMES;
const WORKING = NAMES.filter((_, i) => i % 5 === 0);
const NO_NODE =
  'failed (node): /nowhere/node cannot run there as Node. Correct the path, or leave it out: then it is looked for.';
const lineOf = (name: string) =>
  `  ${name}: ${WORKING.includes(name) ? `${name}~1 started` : NO_NODE}`;

/** Before the PATH: an `ssh` that writes down when it begins and ends, and waits for a file with one host. */
async function countingSsh(folder: string): Promise<{ path: string; log: string; gate: string }> {
  const [path, log, gate] = ['bin', 'log', 'gate'].map(name => join(folder, name));
  if (!path || !log || !gate) throw new Error('three names, three paths');
  await mkdir(path);
  const program = [
    '#!/bin/sh',
    `echo begin >>${log}`,
    `case "$*" in *" ${SLOW} "*) until [ -e ${gate} ]; do sleep 0.05; done ;; esac`,
    `PATH='${process.env.PATH}' ssh "$@"`,
    'code=$?',
    `echo end >>${log}`,
    'exit $code',
  ];
  await writeFile(join(path, 'ssh'), program.join('\n'));
  await chmod(join(path, 'ssh'), 0o755);
  return { path: `${path}:${process.env.PATH}`, log, gate };
}

async function startAll(network: TestNetwork): Promise<void> {
  // As clusters have it; so the worker program is sent only by the first few.
  const home = join(network.folder, 'home');
  await mkdir(home);
  await Promise.all(NAMES.map(name => network.start(name, { config: [`SetEnv HOME=${home}`] })));
}

describe('a launch on a hundred hosts', () => {
  it('tells of each as it comes, with few connections at a time and little memory', async () => {
    const network = await testNetwork();
    await startAll(network);
    const { start, file } = await hostCommands(network, test.server.url);
    await file(
      'hosts',
      NAMES.map(name => (WORKING.includes(name) ? name : `${name} node=/nowhere/node`)),
    );
    const ssh = await countingSsh(network.folder);
    const running = await start(['launch', '--hosts', 'hosts', '--lanes', '1'], {
      env: { PATH: ssh.path, HOME: process.env.HOME },
    });
    const told = () => running.stderr().split('\n').slice(1, -1).sort();
    // All but the slow one are told of while that is under way: it holds up nobody.
    // It hangs when no further line comes; how long all of them take is the machine's affair.
    for (let count = 0; count < OTHERS.length; count = told().length) {
      await until(() => told().length > count, {
        describe: () => `a line for each host: ${running.stderr()}`,
      });
    }
    expect(told()).toEqual(OTHERS.map(lineOf).sort());
    const status = await readFile(`/proc/${running.process.pid}/status`, 'utf8');
    await writeFile(ssh.gate, '');
    const { code, stdout } = await running.ended;

    expect(code).toBe(1);
    expect(told()).toEqual(NAMES.map(lineOf).sort());
    const failed = NAMES.filter(name => !WORKING.includes(name));
    expect(stdout).toBe(
      ['20 workers started · 80 hosts failed', ...failed.map(lineOf), ''].join('\n'),
    );
    const registered = await test.redis.hkeys(test.queue.keys.registry);
    expect(registered.sort()).toEqual(WORKING.map(name => `${name}~1`).sort());

    const changes = (await readFile(ssh.log, 'utf8')).trimEnd().split('\n');
    expect(changes.length).toBeGreaterThanOrEqual(2 * NAMES.length);
    let now = 0;
    const counts = changes.map(change => {
      now += change === 'begin' ? 1 : -1;
      return now;
    });
    expect(counts.at(-1)).toBe(0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(AT_ONCE);
    const peak = Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024;
    expect(peak).toBeLessThan(MOST_MEMORY_MB);
  });
});
