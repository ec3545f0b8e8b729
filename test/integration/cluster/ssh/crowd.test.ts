import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseHostFile } from '../../../../src/cluster/ssh/hostFile';
import { launch } from '../../../../src/cluster/ssh/launch';
import type { HostResult } from '../../../../src/cluster/ssh/results';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import {
  endWorkers,
  type TestHostOptions,
  type TestNetwork,
  testNetwork,
} from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { useQueue } from '../../queue/harness';

const test = useQueue();

const NO_NODE = 'mount -t tmpfs none /usr/local/bin; mount --bind /bin/false /usr/bin/node';
const OLD_NODE = `${NO_NODE}; printf '#!/bin/sh\\necho 16.2.0\\n' >/usr/local/bin/node; chmod 755 /usr/local/bin/node`;
const ours = '"$2/home/.distcomp"';

/** What is wrong with a host, and at which step a launch says so. */
const BAD: Record<string, { options: TestHostOptions; step: string; says: RegExp }> = {
  'wrong-key': {
    options: { config: ['AuthorizedKeysFile /dev/null'] },
    step: 'ssh',
    says: /^The host refused the login: it accepts publickey, .* Log in yourself, or/,
  },
  'unknown-key': {
    options: { known: false },
    step: 'ssh',
    says: /not known here \(ssh-ed25519 SHA256:\S+\)\. Compare it, then accept it\.$/,
  },
  'read-only': {
    options: { before: `mkdir -p ${ours} && mount -t tmpfs -o ro none ${ours}` },
    step: 'folder',
    says: /Make it writable\.$/,
  },
  full: {
    options: {
      before: `mkdir -p ${ours} && mount -t tmpfs -o size=64k none ${ours} && head -c 100000 /dev/zero 2>/dev/null >${ours}/full || :`,
    },
    step: 'folder|disk|bundle',
    says: /full|Make it writable/,
  },
  'no-node': {
    options: { before: NO_NODE },
    step: 'node',
    says: /^No Node 18 or newer was found\./,
  },
  'old-node': {
    options: { before: OLD_NODE },
    step: 'node',
    says: /^Node must be 18 or newer, found 16\.2\.0 at \/usr\/local\/bin\/node\./,
  },
  'no-folder': {
    options: {},
    step: 'cwd',
    says: /^There is no working directory \/nowhere that can be entered\./,
  },
};
const ODD: Record<string, string> = {
  prints: 'echo Welcome to prints; eval "$SSH_ORIGINAL_COMMAND"',
  csh: 'exec tcsh -c "$SSH_ORIGINAL_COMMAND"',
  fish: 'exec fish -c "$SSH_ORIGINAL_COMMAND"',
};
const GOOD = Array.from({ length: 8 }, (_, i) => `good${i}`);

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

async function startAll(network: TestNetwork): Promise<void> {
  const start = (name: string, { config = [], ...options }: TestHostOptions) =>
    network.start(name, { ...options, config: ['MaxStartups 3', ...config] });
  for (const name of GOOD) await start(name, {});
  for (const [name, command] of Object.entries(ODD)) {
    await start(name, { config: [`ForceCommand ${command}`] });
  }
  for (const [name, { options }] of Object.entries(BAD)) await start(name, options);
}

/** It takes connections and never says what it is. */
async function silence(): Promise<{ port: number; end(): void }> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, end: () => server.close() };
}

describe('a launch on twenty hosts, of which nine are bad', () => {
  it('starts the others, and says of each bad one at which step and what to do', async () => {
    const network = await testNetwork();
    await startAll(network);
    const silent = await silence();
    const unanswering = `127.0.0.1:${silent.port}`;
    const bad = Object.keys(BAD).map(name =>
      name === 'no-folder' ? `${name} cwd=/nowhere` : name,
    );
    // What takes longest comes first, beside all others.
    const text = [unanswering, ...GOOD, ...Object.keys(ODD), ...bad, '127.0.0.1:1'].join('\n');
    await writeFile(join(network.folder, 'hosts'), text);
    const { hosts } = parseHostFile(text);
    expect(hosts).toHaveLength(20);
    const { worker } = await programs();
    const results = await launch({
      hosts,
      workerBundle: worker,
      config: {
        redis_url: test.server.url,
        min_dram_gb_accept_new_task: 0,
        min_dram_gb_trigger_return: 0,
        max_task_per_worker: 1,
      },
      workersPerHost: 1,
      ssh: { configFile: network.configFile, connectSeconds: 5 },
    });
    silent.end();
    const of = (name: string): HostResult | undefined =>
      results.find(({ host }) => host.name === name);
    const running = [...GOOD, ...Object.keys(ODD)];
    for (const name of running) expect([name, of(name)?.failure]).toEqual([name, undefined]);
    for (const [name, { step, says }] of Object.entries(BAD)) {
      expect(`${name}: ${of(name)?.failure?.step}`).toMatch(new RegExp(`^${name}: (${step})$`));
      expect(of(name)?.failure?.message).toMatch(says);
      expect(of(name)?.workers).toEqual([]);
    }
    expect(of('127.0.0.1:1')?.failure?.message).toMatch(/^Nothing answers at its SSH port/);
    expect(of(unanswering)?.failure?.message).toMatch(/^It does not answer\./);

    const names = (await test.redis.hkeys(test.queue.keys.registry)).sort();
    expect(names).toEqual(running.map(name => `${name}~1`).sort());
    await submit(
      test.queue,
      Array.from({ length: 44 }, (_, i) => `shell:1:0:0:: ${i}; sleep 0.5`),
    );
    await until(async () => (await test.redis.hlen('finished_tasks')) === 44, {
      timeoutMs: 60_000,
    });
  });
});
