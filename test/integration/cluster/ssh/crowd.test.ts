import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseHostFile } from '../../../../src/cluster/ssh/hostFile';
import { launch } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import type { HostResult } from '../../../../src/cluster/ssh/results';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
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

const PASSWORD = 'the right one';
const test = useQueue({ password: PASSWORD });

const NO_NODE = 'mount -t tmpfs none /usr/local/bin; mount --bind /bin/false /usr/bin/node';
const OLD_NODE = `${NO_NODE}; printf '#!/bin/sh\\necho 16.2.0\\n' >/usr/local/bin/node; chmod 755 /usr/local/bin/node`;
const ours = '"$2/home/.distcomp"';

/** What is wrong with a host, and at which step a launch says so. */
const badHosts = (): Record<string, { options: TestHostOptions; step: string; says: RegExp }> => ({
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
    step: 'disk',
    says: /^The disk under \S+\/full\/home\/\.distcomp has 0 kB free, and \d+ kB are needed\. Make room there\.$/,
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
  'no-redis': {
    // Its socket is one of this machine, and not of that one.
    options: { before: `mount -t tmpfs none ${dirname(test.server.socket)}` },
    step: 'redis',
    says: /^Cannot reach Redis at \S+\/redis\.sock: no such socket\. Is it running, and reachable from this machine\?$/,
  },
  'wrong-password': {
    options: {},
    step: 'redis',
    says: /^Redis at \S+\/redis\.sock refused the password\. Give the right one\.$/,
  },
});
/** What the host file says of some of them. */
const SAID: Record<string, string> = {
  'no-folder': 'cwd=/nowhere',
  'wrong-password': 'env.DISTCOMP_REDIS_PASS=another',
};
const ODD: Record<string, string> = {
  prints: 'echo Welcome to prints; eval "$SSH_ORIGINAL_COMMAND"',
  csh: 'exec tcsh -c "$SSH_ORIGINAL_COMMAND"',
  fish: 'exec fish -c "$SSH_ORIGINAL_COMMAND"',
};
const GOOD = Array.from({ length: 6 }, (_, i) => `good${i}`);

afterEach(async () => endWorkers(await test.redis.hvals(test.queue.keys.registry)));

/** All of them, behind a door that lets three in at a time. Returns the configuration that leads through it. */
async function startAll(network: TestNetwork, bad: ReturnType<typeof badHosts>): Promise<string> {
  await Promise.all([
    ...GOOD.map(name => network.start(name)),
    ...Object.entries(ODD).map(([name, command]) =>
      network.start(name, { config: [`ForceCommand ${command}`] }),
    ),
    ...Object.entries(bad).map(([name, { options }]) => network.start(name, options)),
  ]);
  // Nobody is let in until a fourth login has come, and was dropped.
  const keys = `until grep -q throttling ${network.folder}/door/log; do sleep 0.1; done; cat ${network.folder}/door/authorized_keys`;
  const config = [
    'MaxStartups 3',
    `AuthorizedKeysCommand /bin/sh -c "${keys}"`,
    'AuthorizedKeysCommandUser root',
    'AuthorizedKeysFile none',
  ];
  await network.start('door', { config });
  const names = [...GOOD, ...Object.keys(ODD), ...Object.keys(bad)].join(' ');
  const through = join(network.folder, 'through_door');
  await writeFile(
    through,
    `Host ${names}\n  ProxyJump door\nMatch all\nInclude ${network.configFile}\n`,
  );
  return through;
}

/** It takes connections and never says what it is. */
async function silence(): Promise<{ port: number; end(): void }> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, end: () => server.close() };
}

describe('a launch on twenty hosts, of which eleven are bad, behind a door that lets three in at a time', () => {
  it('starts the others, and says of each bad one at which step and what to do', async () => {
    const network = await testNetwork();
    const bad = badHosts();
    const configFile = await startAll(network, bad);
    const silent = await silence();
    const unanswering = `127.0.0.1:${silent.port}`;
    const badLines = Object.keys(bad).map(name => `${name} ${SAID[name] ?? ''}`);
    // What takes longest comes first, beside all others.
    const text = [unanswering, ...GOOD, ...Object.keys(ODD), ...badLines, '127.0.0.1:1'].join('\n');
    await writeFile(join(network.folder, 'hosts'), text);
    const { hosts } = parseHostFile(text);
    expect(hosts).toHaveLength(20);
    const { worker } = programs();
    const results = await launch({
      hosts,
      workerBundle: worker,
      queueFolder: queueFolder({ socket: test.server.socket }, DEFAULT_QUEUE),
      config: {
        redis_socket: test.server.socket,
        redis_pass: PASSWORD,
        min_dram_gb_accept_new_task: 0,
        min_dram_gb_trigger_return: 0,
        max_task_per_worker: 1,
      },
      workersPerHost: 1,
      ssh: { configFile, connectSeconds: 15 },
    });
    silent.end();
    const door = await readFile(join(network.folder, 'door', 'log'), 'utf8');
    expect(door).toMatch(/drop connection #3 from /);
    const of = (name: string): HostResult | undefined =>
      results.find(({ host }) => host.name === name);
    const running = [...GOOD, ...Object.keys(ODD)];
    for (const name of running) expect([name, of(name)?.failure]).toEqual([name, undefined]);
    for (const [name, { step, says }] of Object.entries(bad)) {
      expect(`${name}: ${of(name)?.failure?.step}`).toBe(`${name}: ${step}`);
      expect(of(name)?.failure?.message).toMatch(says);
      expect(of(name)?.workers).toEqual([]);
    }
    // Its own, and not that of the door, which was told before.
    const key = join(network.folder, 'unknown-key', 'host_key.pub');
    const told = execFileSync('ssh-keygen', ['-lf', key], { encoding: 'utf8' });
    const fingerprint = told.split(' ')[1] ?? '';
    expect(of('unknown-key')?.failure?.message).toContain(`(ssh-ed25519 ${fingerprint})`);
    expect(of('127.0.0.1:1')?.failure?.message).toMatch(/^Nothing answers at its SSH port/);
    expect(of(unanswering)?.failure?.message).toMatch(/^It does not answer\./);

    const names = (await test.redis.hkeys(test.queue.keys.registry)).sort();
    expect(names).toEqual(running.map(name => `${name}~1`).sort());
    await submit(
      test.queue,
      Array.from({ length: 36 }, (_, i) => `shell:1:0:0:: ${i}; sleep 0.5`),
    );
    await until(async () => (await test.redis.hlen('finished_tasks')) === 36);
  });
});
