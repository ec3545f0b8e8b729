import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { appendFile, lstat, mkdir, readdir, readlink, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Host, parseHost } from '../../../../src/cluster/ssh/hosts';
import { type LaunchOptions, launch } from '../../../../src/cluster/ssh/launch';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import { tunnelled } from '../../../../src/cluster/ssh/redisPlace';
import type { HostResult } from '../../../../src/cluster/ssh/results';
import type { TunnelState } from '../../../../src/cluster/ssh/tunnelState';
import { Tunnels } from '../../../../src/cluster/ssh/tunnels';
import { connect } from '../../../../src/queue/connection';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { Queue } from '../../../../src/queue/queue';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import { signalAll } from '../../../setup/processes';
import { startRedis, type TestRedis } from '../../../setup/redis';
import {
  endWorkers,
  folderOn,
  sessionsOf,
  type TestHost,
  type TestNetwork,
  testNetwork,
} from '../../../setup/sshHosts';
import { until } from '../../../setup/until';
import { gated, leaving, linesOf, upTo } from './lineTasks';

const PASSWORD = 'a pass:word@of its/own';

/** It has a unix socket alone, in a folder that the hosts do not see. */
let server: TestRedis;
let queue: Queue;
beforeAll(async () => {
  server = await startRedis({ password: PASSWORD, settings: { port: '0' } });
  queue = new Queue(
    await connect({ socket: server.socket, password: PASSWORD }, 'test'),
    DEFAULT_QUEUE,
  );
});
beforeEach(async () => {
  await queue.redis.flushall();
});
afterAll(async () => {
  queue.redis.disconnect();
  await server.stop();
});

const opened: Tunnels[] = [];
const started: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map(tunnels => tunnels.closeAll()));
  for (const child of started.splice(0)) child.kill('SIGKILL');
  endWorkers(await queue.redis.hvals(queue.keys.registry));
});

const host = (text: string): Host => {
  const parsed = parseHost(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
};

/** Of the folder where each host keeps what is of this queue. */
const ofQueue = () => queueFolder({ socket: server.socket }, DEFAULT_QUEUE);

const hiding = () => ({ before: `mount -t tmpfs none ${dirname(server.socket)}` });

const tunnelEnd = () => ({ place: { socket: server.socket }, queueFolder: ofQueue() });

function tunnelsOf(network: TestNetwork): Tunnels {
  const tunnels = new Tunnels(tunnelEnd(), { configFile: network.configFile });
  opened.push(tunnels);
  return tunnels;
}

const SETTINGS = {
  min_dram_gb_accept_new_task: 0,
  min_dram_gb_trigger_return: 0,
  max_task_per_worker: 2,
  health_report_interval: 0.5,
};

async function launchOn(
  network: TestNetwork,
  names: readonly string[],
  tunnels: Tunnels,
  more: Partial<LaunchOptions> = {},
): Promise<HostResult[]> {
  const { worker } = programs();
  const address = { socket: server.socket, password: PASSWORD };
  const found = tunnelled({ ...SETTINGS, redis_socket: server.socket }, address);
  if ('problem' in found) throw new Error(found.problem);
  return launch({
    hosts: names.map(host),
    workerBundle: worker,
    queueFolder: ofQueue(),
    config: found.config,
    workersPerHost: 1,
    ssh: { configFile: network.configFile },
    tunnels,
    ...more,
  });
}

const summary = (results: readonly HostResult[]) =>
  results.map(({ host: { name }, workers, failure }) =>
    [name, ...workers.map(({ worker, state }) => `${worker} ${state}`), failure?.step ?? '']
      .join(' ')
      .trim(),
  );

const linkOf = (on: TestHost) => join(folderOn(on, ofQueue()), 'redis.sock');
const there = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );
/** Whoever closes a tunnel waits two seconds at most for the host to remove its end. */
const gone = (path: string) =>
  until(async () => !(await there(path)), { describe: `${path} to be gone` });
const finished = () => queue.redis.hlen('finished_tasks');
const finish = (count: number) =>
  until(async () => (await finished()) === count, { describe: `${count} finished tasks` });
/** Connections of workers, as Redis sees them. */
async function workerClients(): Promise<number> {
  const list = String(await queue.redis.client('LIST'));
  return list.split('\n').filter(line => line !== '' && !line.includes(' name=test')).length;
}

function statesOf(tunnels: Tunnels): TunnelState[] {
  const states: TunnelState[] = [];
  tunnels.onChange((_, state) => states.push(state));
  return states;
}
const lastOf = (states: readonly TunnelState[]) => states.at(-1)?.is;

/** One host whose worker comes to Redis through a tunnel, and what becomes of that from then on. */
async function withTunnel(): Promise<{
  network: TestNetwork;
  alpha: TestHost;
  tunnels: Tunnels;
  states: TunnelState[];
}> {
  const network = await testNetwork();
  const alpha = await network.start('alpha', hiding());
  const tunnels = tunnelsOf(network);
  const states = statesOf(tunnels);
  await launchOn(network, ['alpha'], tunnels);
  return { network, alpha, tunnels, states };
}

describe('tunnels of a launch', () => {
  it('lead workers to a Redis that only this machine has, and leave nothing when they are closed', async () => {
    const network = await testNetwork();
    const hosts = await Promise.all(['alpha', 'beta'].map(name => network.start(name, hiding())));
    const tunnels = tunnelsOf(network);
    const results = await launchOn(network, ['alpha', 'beta'], tunnels);
    expect(summary(results)).toEqual(['alpha alpha~1 started', 'beta beta~1 started']);
    const file = join(network.folder, 'ran');
    await submit(queue, leaving(file, 40));
    await finish(40);
    expect(await linesOf(file)).toEqual(upTo(40));

    const sockets = await Promise.all(hosts.map(on => readlink(linkOf(on))));
    for (const path of sockets) {
      expect(path).toMatch(/^\/tmp\/distcomp-\w{8}\/redis\.sock$/);
      expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
    }
    expect(new Set(sockets).size).toBe(2);
    expect(await workerClients()).toBeGreaterThan(0);

    await tunnels.closeAll();
    for (const path of [...sockets.map(dirname), ...hosts.map(linkOf)]) await gone(path);
    await until(async () => (await workerClients()) === 0, { describe: 'no worker connected' });

    const again = tunnelsOf(network);
    expect(summary(await launchOn(network, ['alpha', 'beta'], again))).toEqual([
      'alpha alpha~1 already_running',
      'beta beta~1 already_running',
    ]);
    await submit(queue, leaving(file, 20, 40));
    await finish(60);
    expect(await linesOf(file)).toEqual(upTo(60));
  });

  it('come back on a new path when the connection is killed; each task runs once', async () => {
    const { network, alpha, tunnels, states } = await withTunnel();
    const before = await readlink(linkOf(alpha));
    const file = join(network.folder, 'ran');
    const gate = join(network.folder, 'gate');
    await submit(queue, [gated(file, gate, 99), ...leaving(file, 99)]);
    await until(async () => (await linesOf(file)).includes(99), { describe: 'the task to run' });
    // It ends while nobody can be told.
    tunnels.onChange((_, { is }) => {
      if (is === 'down') writeFileSync(gate, '');
    });
    signalAll(sessionsOf(alpha.pid), 'SIGKILL');
    await until(() => lastOf(states) === 'up', { describe: 'the tunnel to be back' });
    expect(states.map(state => state.is)).toEqual(['down', 'connecting', 'up']);
    expect(states[0]).toMatchObject({ why: 'the connection ended' });
    const after = await readlink(linkOf(alpha));
    expect(after).not.toBe(before);
    await until(async () => !(await there(dirname(before))), { describe: 'the old folder gone' });
    await finish(100);
    expect(await linesOf(file)).toEqual(upTo(100));
    expect(await readlink(linkOf(alpha))).toBe(after);
  });

  it("come back when the host's end is ended, while workers are connected", async () => {
    const { network, alpha, states } = await withTunnel();
    const before = await readlink(linkOf(alpha));
    const ends = sessionsOf(alpha.pid).flatMap(sessionsOf);
    expect(ends).not.toEqual([]);
    signalAll(ends, 'SIGTERM');
    await until(() => lastOf(states) === 'up', { describe: 'the tunnel to be back' });
    expect(await there(dirname(before))).toBe(false);
    const file = join(network.folder, 'ran');
    await submit(queue, leaving(file, 10));
    await finish(10);
  });

  it('come back when their host does', async () => {
    const { network, alpha, states } = await withTunnel();
    await alpha.stop('sessions');
    const isRefused = (state: TunnelState) =>
      state.is === 'down' && state.why.includes('connection refused');
    await until(() => states.filter(isRefused).length >= 2, { describe: 'two tries in vain' });
    const lost = states.flatMap(state => (state.is === 'down' ? [state.since] : []));
    expect(new Set(lost).size).toBe(1);
    const file = join(network.folder, 'ran');
    await submit(queue, leaving(file, 10));
    await alpha.restart();
    await finish(10);
    // Workers may go through it before the host's word of it is read here.
    await until(() => lastOf(states) === 'up', { describe: 'the tunnel to be back' });
    expect(await linesOf(file)).toEqual(upTo(10));
  });

  it('stay while Redis itself restarts', async () => {
    const { network, states } = await withTunnel();
    await server.restart();
    await until(() => queue.redis.ping(), { describe: 'the connection of the test' });
    const file = join(network.folder, 'ran');
    await submit(queue, leaving(file, 10));
    await finish(10);
    expect(states).toEqual([]);
  });

  it('say of each host why there is none, and stay only where workers are', async () => {
    const network = await testNetwork();
    const long = join(network.folder, 'h'.repeat(90));
    await mkdir(long);
    await Promise.all([
      network.start('noStream', { config: ['AllowStreamLocalForwarding no'] }),
      network.start('noTcp', { config: ['AllowTcpForwarding no'] }),
      network.start('nothing', { config: ['DisableForwarding yes'] }),
      network.start('long', { config: [`SetEnv HOME=${long}`] }),
      network.start('readOnly', {
        before: 'mkdir -p "$2/home/.distcomp" && mount -t tmpfs -o ro none "$2/home/.distcomp"',
      }),
      network.start('stranger', { known: false }),
      network.start('noNode', {
        before: 'mount -t tmpfs none /usr/local/bin; mount --bind /bin/false /usr/bin/node',
      }),
    ]);
    const tunnels = tunnelsOf(network);
    const names = ['noStream', 'noTcp', 'nothing', 'long', 'readOnly', 'stranger', 'noNode'];
    const results = await launchOn(network, names, tunnels);
    expect(summary(results)).toEqual([
      'noStream tunnel',
      'noTcp tunnel',
      'nothing tunnel',
      'long tunnel',
      'readOnly tunnel',
      'stranger ssh',
      'noNode node',
    ]);
    const messages = results.map(({ failure }) => failure?.message ?? '');
    expect(new Set(messages.slice(0, 3))).toEqual(
      new Set([
        'Its sshd forbids tunnels. Have AllowStreamLocalForwarding and AllowTcpForwarding set to yes there, or give an address of Redis that the host itself can reach.',
      ]),
    );
    const path = `${folderOn({ home: long, name: 'long' }, ofQueue())}/redis.sock`;
    expect(messages[3]).toBe(
      `The path of a socket has at most 107 bytes there, and ${path} has ${path.length}. Use an account with a shorter home folder.`,
    );
    expect(messages[4]).toMatch(
      /^Cannot write to \/.*\/readOnly-readOnly\/[\da-f]{8}\. Make it writable\.$/,
    );
    expect(messages[5]).toMatch(/^The key of this host is not known here \(ssh-ed25519 SHA256:/);
    expect(tunnels.hosts).toEqual([]);
  });

  it('take no part in what the user set for sessions', async () => {
    const network = await testNetwork();
    const alpha = await network.start('alpha', hiding());
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const address = busy.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const own = [
      `LocalForward 127.0.0.1:${port} 127.0.0.1:1`,
      `RemoteForward ${alpha.home}/own.sock 127.0.0.1:1`,
      'ControlMaster auto',
      `ControlPath ${network.folder}/own-%C`,
      'ControlPersist yes',
      'ExitOnForwardFailure yes',
    ];
    await appendFile(network.configFile, `Host *\n${own.map(line => `  ${line}\n`).join('')}`);
    const tunnels = tunnelsOf(network);
    try {
      await tunnels.socketOn(host('alpha'));
      expect(await readdir(alpha.home)).toEqual(['.distcomp']);
      expect((await readdir(network.folder)).filter(name => name.startsWith('own-'))).toEqual([]);
      await tunnels.closeAll();
      await gone(linkOf(alpha));
    } finally {
      busy.close();
    }
  });
});

describe('distcomp launch --tunnel', () => {
  interface Running {
    child: ChildProcess;
    said(): string;
    printed(): string;
    /** Its exit code. */
    ended: Promise<number | null>;
  }

  async function command(network: TestNetwork, args: readonly string[]): Promise<Running> {
    const { cli } = programs();
    const conf = join(network.folder, 'conf.json');
    const given = { ...SETTINGS, redis_socket: server.socket, redis_pass: PASSWORD };
    await writeFile(conf, JSON.stringify(given), { mode: 0o600 });
    const all = [cli, '--config', conf, 'launch', '--ssh-config', network.configFile, ...args];
    const child = spawn(process.execPath, all, {
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    started.push(child);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, said: () => output.stderr, printed: () => output.stdout, ended };
  }

  const STAYS =
    'The tunnels of 2 hosts stay open while this runs. Workers wait when it ends; run it again to go on. Ctrl-C ends it.\n';
  const stays = ({ said }: Running) =>
    until(() => said().endsWith(STAYS), { describe: () => `it to stay: ${said()}` });

  it('stays, tells what becomes of tunnels, and goes on after it was killed', async () => {
    const network = await testNetwork();
    const hosts = await Promise.all(['alpha', 'beta'].map(name => network.start(name, hiding())));
    const [alpha] = hosts;
    const first = await command(network, ['alpha', 'beta', '--tunnel']);
    await stays(first);
    expect(first.printed()).toBe('2 workers started\n');

    signalAll(sessionsOf(alpha?.pid ?? 0), 'SIGKILL');
    await until(() => first.said().endsWith('  alpha: the tunnel is back.\n'));
    expect(first.said()).toContain(
      '  alpha: the tunnel is lost: the connection ended. Its workers wait; it is tried again until it is back.\n',
    );

    const file = join(network.folder, 'ran');
    const gate = join(network.folder, 'gate');
    await submit(queue, [gated(file, gate, 59), ...leaving(file, 59)]);
    await until(async () => (await linesOf(file)).includes(59), { describe: 'the task to run' });
    first.child.kill('SIGKILL');
    await first.ended;
    await until(async () => (await workerClients()) === 0, { describe: 'no worker connected' });
    await until(async () => !(await there(linkOf(hosts[1] as TestHost))));
    await writeFile(gate, '');

    const second = await command(network, ['alpha', 'beta', '--tunnel', '--json']);
    await stays(second);
    const { hosts: told } = JSON.parse(second.printed()) as { hosts: HostResult[] };
    expect(told.map(({ workers }) => workers[0]?.state)).toEqual([
      'already_running',
      'already_running',
    ]);
    await finish(60);
    expect(await linesOf(file)).toEqual(upTo(60));

    const sockets = await Promise.all(hosts.map(on => readlink(linkOf(on))));
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
    for (const path of sockets) await gone(dirname(path));
  });

  it('is named where a host does not reach Redis, and refuses TLS before it does anything', async () => {
    const network = await testNetwork();
    await network.start('alpha', hiding());
    const without = await command(network, ['alpha']);
    expect(await without.ended).toBe(1);
    expect(without.printed()).toContain('alpha: failed (redis): Cannot reach Redis at ');
    expect(without.printed()).toContain(
      'If only this machine reaches Redis, launch with --tunnel.',
    );
    const tls = await command(network, ['alpha', '--tunnel', '--redis', 'rediss://127.0.0.1:1']);
    expect(await tls.ended).toBe(2);
    expect(tls.said()).toMatch(/^A tunnel cannot lead to a Redis with TLS \(rediss:\/\/\) yet\./);
  });
});
