import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { submit } from '../../../../src/queue/submit';
import { ensureNodeVersions, NODE_VERSIONS, nodeOf } from '../../../setup/nodeVersions.mjs';
import { endWorkers, testNetwork } from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';
import { hostCommands } from './hostCommands';

const test = useQueue();

// Done before where all tests run, by scripts/test.mjs.
beforeAll(ensureNodeVersions, 600_000);
afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

/** By worker: the program that runs as it. */
async function nodesOfWorkers(): Promise<Record<string, string>> {
  const holders = await test.redis.hgetall(test.queue.keys.registry);
  return Object.fromEntries(
    Object.entries(holders).map(([worker, holder]) => [
      worker,
      readlinkSync(`/proc/${holder.split(' ')[3]}/exe`),
    ]),
  );
}

const WRONG_NODE =
  'failed (node): /nowhere/bin/node cannot run there as Node. Correct the path, or leave it out: then it is looked for.';

describe('the Node of workers', () => {
  it('may be each version from 18 on: they start, run tasks, and run what failed again', async () => {
    const network = await testNetwork();
    const versions = Object.entries(NODE_VERSIONS).map(([major, version]) => ({
      name: `node${major}`,
      node: nodeOf(version),
    }));
    await Promise.all(versions.map(({ name }) => network.start(name)));
    const { distcomp, file } = await hostCommands(network, test.server.url);
    await file(
      'hosts',
      versions.map(({ name, node }) => `${name} node=${node} retry_elsewhere_seconds=0`),
    );
    const launched = await distcomp('launch', '--hosts', 'hosts', '--lanes', '1');
    expect(launched).toMatchObject({ code: 0, stdout: '4 workers started\n' });
    expect(await nodesOfWorkers()).toEqual(
      Object.fromEntries(versions.map(({ name, node }) => [`${name}~1`, node])),
    );

    // Each attempt ends when all workers run one: so each fails one, and runs one that failed before.
    const tried = join(network.folder, 'tried');
    await mkdir(tried);
    const script = join(network.folder, 'task');
    await writeFile(
      script,
      [
        `cd ${tried}`,
        'echo x >>task-$1',
        'n=$(wc -l <task-$1)',
        'touch try-$n-on-$(hostname)',
        `until [ $(ls | grep -c ^try-$n-) = ${versions.length} ]; do sleep 0.05; done`,
        '[ $n = 2 ] && hostname',
      ].join('\n'),
    );
    await submit(
      test.queue,
      versions.map((_, i) => `shell:1:0:0:sh ${script} ${i}`),
    );
    const finished = () => test.redis.hvals('finished_tasks');
    await until(async () => (await finished()).length === versions.length);
    const names = versions.map(({ name }) => name);
    expect((await finished()).sort()).toEqual(names.map(name => `${name}~1: "${name}"`));
    expect(readdirSync(tried).filter(name => name.startsWith('try-'))).toEqual([
      ...names.map(name => `try-1-on-${name}`),
      ...names.map(name => `try-2-on-${name}`),
    ]);
  });

  it('is the one that --node names, unless the host file names another for a host', async () => {
    const network = await testNetwork();
    await Promise.all(['alpha', 'beta', 'gamma'].map(name => network.start(name)));
    const { distcomp, file } = await hostCommands(network, test.server.url);
    const [for22, for24] = [nodeOf(NODE_VERSIONS[22]), nodeOf(NODE_VERSIONS[24])];
    await file('hosts', ['alpha', `beta node=${for24}`, 'gamma node=/nowhere/bin/node']);
    const launched = await distcomp('launch', '--hosts', 'hosts', '--node', for22);
    expect(launched).toMatchObject({ code: 1, stderr: expect.stringContaining(WRONG_NODE) });
    expect(launched.stdout).toBe(`2 workers started · 1 host failed\n  gamma: ${WRONG_NODE}\n`);
    expect(await nodesOfWorkers()).toEqual({ 'alpha~1': for22, 'beta~1': for24 });
  });
});
