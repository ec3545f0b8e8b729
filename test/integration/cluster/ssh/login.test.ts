import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { queueFolder } from '../../../../src/cluster/ssh/queueFolder';
import {
  endSharedConnection,
  hasSharedConnection,
  loginArguments,
} from '../../../../src/cluster/ssh/sharedConnection';
import { DEFAULT_QUEUE } from '../../../../src/queue/keys';
import { submit } from '../../../../src/queue/submit';
import { programs } from '../../../setup/bundle';
import { placesOf } from '../../../setup/places';
import {
  endWorkers,
  folderOn,
  type TestHost,
  type TestHostOptions,
  type TestNetwork,
  testNetwork,
} from '../../../setup/sshHosts';
import { openTerminal, type Terminal } from '../../../setup/terminal';
import { until } from '../../../setup/until';
import { lines, useQueue } from '../../queue/harness';

const test = useQueue();
const PASSWORD = 'open sesame 7';
const PASSPHRASE = 'a passphrase 8';

/** Every host here is left with its sessions, so that no shared connection outlives its test. */
const started: TestHost[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  endWorkers(await test.redis.hvals(test.queue.keys.registry));
  await Promise.all(started.splice(0).map(host => host.stop('sessions')));
});

/** A machine whose user has a home folder of their own, and hosts with these options by name. */
async function machine(hosts: Record<string, TestHostOptions>): Promise<Machine> {
  const network = await testNetwork();
  const home = join(network.folder, 'me');
  await mkdir(home);
  const conf = { min_dram_gb_accept_new_task: 0, min_dram_gb_trigger_return: 0 };
  await writeFile(join(network.folder, 'conf.json'), JSON.stringify(conf));
  for (const [name, options] of Object.entries(hosts)) {
    started.push(await network.start(name, options));
  }
  const { cli } = programs();
  const env = { PATH: process.env.PATH, HOME: home, DISTCOMP_REDIS_URL: test.server.url };
  const cwd = network.folder;
  const words = (name: string, args: readonly string[]) => [
    ...[process.execPath, cli, name, '--ssh-config', network.configFile],
    ...args,
  ];
  return {
    network,
    sockets: join(home, '.distcomp', 'ssh'),
    start: (name, ...args) => {
      const [program = '', ...rest] = words(name, args);
      const child = spawn(program, rest, { cwd, env });
      children.push(child);
      return child;
    },
    distcomp: (name, ...args) =>
      new Promise(resolve => {
        const [program = '', ...rest] = words(name, args);
        execFile(program, rest, { cwd, env }, (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
        );
      }),
    terminal: (name, ...args) => openTerminal(words(name, args), { cwd, env }),
  };
}

interface Machine {
  network: TestNetwork;
  /** Folder of the control sockets. */
  sockets: string;
  distcomp(
    name: string,
    ...args: string[]
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  start(name: string, ...args: string[]): ChildProcess;
  terminal(name: string, ...args: string[]): Terminal;
}

const ASKING = { password: PASSWORD };
const BY_PASSWORD = { ...ASKING, config: ['PubkeyAuthentication no'] };

const logOf = ({ folder }: TestNetwork, name: string) =>
  readFileSync(join(folder, name, 'log'), 'utf8');
const accepted = (network: TestNetwork, name: string) =>
  logOf(network, name).match(/^Accepted .*$/gm) ?? [];
const inSockets = ({ sockets }: Pick<Machine, 'sockets'>): string[] => {
  if (!existsSync(sockets)) return [];
  // Beside them are configurations of ours.
  const entries = readdirSync(sockets, { withFileTypes: true });
  return entries.filter(entry => entry.isSocket()).map(({ name }) => name);
};
const finish = (count: number) =>
  until(async () => (await test.redis.hlen('finished_tasks')) === count, {
    describe: `${count} finished tasks`,
  });

/** The master of the only shared connection. */
function masterOf(on: Machine): { socket: string; pid: number } {
  // Beside it are relays of tunnels.
  const [name = ''] = inSockets(on).filter(file => !file.includes('.'));
  const socket = join(on.sockets, name);
  const command = 'ssh -F /dev/null -o "ControlPath=$1" -O check -- x 2>&1';
  const said = execFileSync('sh', ['-c', command, 'sh', socket], { encoding: 'utf8' });
  return { socket, pid: Number(/pid=(\d+)/.exec(said)?.[1]) };
}

async function logIn(on: Machine, name: string): Promise<void> {
  const terminal = on.terminal('login', name);
  await terminal.answer('password: ', `${PASSWORD}\n`);
  expect(await terminal.ended, terminal.shown()).toBe(0);
}

describe('a host that wants a password', () => {
  it('asks nobody in the background, and is worked on through one login', async () => {
    const mine = await machine({ alpha: BY_PASSWORD });
    const { network, distcomp } = mine;
    const login = `distcomp login --ssh-config ${network.configFile} alpha`;
    const message =
      'The host refused the login: it accepts password, and nobody can be asked in the background. Log in yourself, or have a key there that needs no answer.';

    // Where somebody could be asked too.
    const asked = mine.terminal('launch', 'alpha', '--json');
    expect(await asked.ended).toBe(1);
    expect(asked.shown().toLowerCase()).not.toContain('password:');
    expect(JSON.parse(asked.shown().slice(asked.shown().indexOf('{')))).toEqual({
      hosts: [
        {
          host: 'alpha',
          workers: [],
          failure: { step: 'ssh', message, login: true },
          warnings: [],
        },
      ],
    });
    const told = `failed (ssh): ${message} Log in once: ${login}`;
    expect((await distcomp('launch', 'alpha')).stdout).toContain(`  alpha: ${told}\n`);
    expect((await distcomp('hosts', 'alpha')).stdout).toContain(`  alpha  ${told}\n`);
    for (const [name, ...more] of [['stop'], ['restart'], ['fetch'], ['clean', '--yes']] as const) {
      expect((await distcomp(name, 'alpha', ...more)).stderr, name).toContain(told);
    }
    const logs = await distcomp('logs', 'alpha', '--json');
    expect(logs.stderr).toBe(`Using conf.json of this folder.\n${message} Log in once: ${login}\n`);
    expect(JSON.parse(logs.stdout).error).toMatchObject({ exit: 1, login: true });
    expect(logOf(network, 'alpha')).not.toMatch(/Failed|Accepted/);
    expect(await distcomp('login', 'alpha')).toEqual({
      code: 2,
      stdout: '',
      stderr: `Nobody can be asked here: a login needs a terminal. Give it in one: ${login}\n`,
    });

    const terminal = mine.terminal('login', 'alpha');
    await terminal.answer('password: ', `${PASSWORD}\n`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('alpha: logged in; stays open for 8 hours without use');
    expect(terminal.shown()).toContain('1 host logged in');
    expect(statSync(mine.sockets).mode & 0o777).toBe(0o700);
    expect(await placesOf(PASSWORD, network.folder)).toEqual([]);
    // What it would find if it were there.
    expect((await placesOf(mine.sockets, network.folder)).join()).toContain('/cmdline');

    expect(await distcomp('launch', 'alpha')).toMatchObject({
      code: 0,
      stdout: '1 worker started\n',
    });
    await submit(test.queue, ['shell:1:0:0:echo done']);
    await finish(1);
    expect((await distcomp('hosts', 'alpha')).stdout).toContain('1 worker on 1 host');
    const following = mine.start('logs', 'alpha', '-f');
    let text = '';
    following.stdout?.on('data', chunk => {
      text += chunk;
    });
    await until(() => text.includes('takes tasks'), { describe: 'the log' });
    following.kill('SIGINT');
    expect((await once(following, 'close'))[0]).toBe(0);
    expect((await distcomp('fetch', 'alpha')).stdout).toMatch(/^2 files fetched to /);
    expect((await distcomp('stop', 'alpha')).stdout).toBe('1 worker ended\n');
    expect((await distcomp('clean', 'alpha', '--yes')).stdout).toBe('1 host cleaned\n');
    const again = mine.terminal('login', 'alpha');
    expect(await again.ended).toBe(0);
    expect(again.shown()).toContain('alpha: was logged in already');
    expect(accepted(network, 'alpha')).toHaveLength(1);
    expect(inSockets(mine)).toHaveLength(1);

    expect(await distcomp('login', '--end', 'alpha')).toEqual({
      code: 0,
      stdout: '1 shared connection ended\n',
      stderr: '  alpha: the shared connection has ended\n',
    });
    expect(inSockets(mine)).toEqual([]);
    expect((await distcomp('login', '--end', 'alpha', '--json')).stdout).toContain('"none"');
    expect((await distcomp('hosts', 'alpha')).stdout).toContain(told);
  });

  it('says so when the shared connection has no room, and when it is dead', async () => {
    const config = [...BY_PASSWORD.config, 'MaxSessions 1'];
    const mine = await machine({ alpha: { ...BY_PASSWORD, config } });
    await logIn(mine, 'alpha');
    const { socket, pid } = masterOf(mine);
    const holding = spawn('ssh', ['-F', '/dev/null', '-S', socket, 'x', 'echo held; cat']);
    children.push(holding);
    await once(holding.stdout, 'data');
    const full = await mine.distcomp('hosts', 'alpha');
    expect(full.stdout).toContain('takes no more commands at a time (MaxSessions of its sshd).');
    expect(full.stdout).not.toContain('Log in once');
    const ended = once(holding, 'close');
    holding.stdin.end();
    await ended;
    expect((await mine.distcomp('hosts', 'alpha')).code).toBe(0);

    process.kill(pid, 'SIGKILL');
    await until(() => !existsSync(`/proc/${pid}`), { describe: 'the master to be gone' });
    expect(inSockets(mine)).toHaveLength(1);
    const dead = await mine.distcomp('hosts', 'alpha');
    expect(dead.stdout).toContain('The host refused the login: it accepts password,');
    await logIn(mine, 'alpha');
    expect((await mine.distcomp('hosts', 'alpha')).code).toBe(0);
    expect(accepted(mine.network, 'alpha')).toHaveLength(2);
  });
});

describe('a terminal that was opened for the login alone', () => {
  it('ends with it, and its shared connection stays', async () => {
    const { network, sockets, distcomp } = await machine({ alpha: BY_PASSWORD });
    vi.stubEnv('HOME', dirname(dirname(sockets)));
    const ssh = { configFile: network.configFile };
    const alpha = { name: 'the first', address: 'alpha' };
    const terminal = openTerminal(['ssh', ...(await loginArguments(alpha, ssh))], {
      cwd: network.folder,
      env: process.env,
    });
    expect(await hasSharedConnection(alpha, ssh)).toBe(false);
    await terminal.answer('password: ', `${PASSWORD}\n`);
    expect(await terminal.ended, terminal.shown()).toBe(0);
    expect(await hasSharedConnection(alpha, ssh)).toBe(true);
    expect((await distcomp('hosts', 'alpha')).code).toBe(0);
    expect(await endSharedConnection(alpha, ssh)).toBe(true);
    expect(await endSharedConnection(alpha, ssh)).toBe(false);
    expect(inSockets({ sockets })).toEqual([]);
  });
});

describe('distcomp launch in a terminal', () => {
  it('asks once for all hosts that want a person, and goes on with those that let one in', async () => {
    const mine = await machine({
      open: {},
      wrong: BY_PASSWORD,
      second: { ...ASKING, config: ['AuthenticationMethods publickey,password'] },
      stranger: { known: false },
    });
    const { network } = mine;
    const key = join(network.folder, 'locked-key');
    const keygen = 'read -r word; exec ssh-keygen -q -t ed25519 -N "$word" -f "$1"';
    execFileSync('sh', ['-c', keygen, 'sh', key], { input: `${PASSPHRASE}\n` });
    await appendFile(network.configFile, `Host locked\n  IdentityFile ${key}\n`);
    const config = [`AuthorizedKeysFile ${key}.pub`];
    started.push(await network.start('locked', { config }));

    const names = ['open', 'wrong', 'second', 'stranger', 'locked'];
    const terminal = mine.terminal('launch', ...names);
    await terminal.answer(
      '4 hosts want you to log in: wrong, second, stranger, locked. Log in now? [y/N] ',
      'y\n',
    );
    await terminal.answer('Logging in to wrong.', '');
    for (let tries = 0; tries < 3; tries++) await terminal.answer('password: ', 'not it\n');
    await terminal.answer('Logging in to second.', '');
    await terminal.answer('password: ', `${PASSWORD}\n`);
    await terminal.answer('(yes/no/[fingerprint])? ', 'yes\n');
    await terminal.answer(`passphrase for key '${key}': `, `${PASSPHRASE}\n`);
    expect(await terminal.ended).toBe(1);
    const shown = terminal.shown();
    expect(shown).toContain('  wrong: the login failed\r\n');
    expect(shown).toContain('  stranger: logged in; stays open for 8 hours without use\r\n');
    expect(shown).toContain('\r\n4 workers started · 1 host failed\r\n  wrong: failed (ssh): ');
    const registered = await test.redis.hkeys(test.queue.keys.registry);
    expect(registered.sort()).toEqual(['locked~1', 'open~1', 'second~1', 'stranger~1']);
    expect(readFileSync(network.knownHosts, 'utf8')).toContain(started[3]?.address);
    for (const name of ['second', 'stranger', 'locked']) {
      expect(accepted(network, name), name).toHaveLength(1);
    }
    expect(accepted(network, 'wrong')).toEqual([]);
    expect(inSockets(mine)).toHaveLength(3);
    expect(await placesOf(PASSPHRASE, network.folder)).toEqual([]);
  });

  it('launches nothing more after a no', async () => {
    const mine = await machine({ alpha: BY_PASSWORD });
    const terminal = mine.terminal('launch', 'alpha');
    await terminal.answer('1 host wants you to log in: alpha. Log in now? [y/N] ', 'n\n');
    expect(await terminal.ended).toBe(1);
    expect(terminal.shown()).toContain('0 workers started · 1 host failed');
    expect(inSockets(mine)).toEqual([]);
  });
});

describe('a host behind one that wants a password', () => {
  it('asks nothing in the background either; Ctrl-C at a login is for all that would follow', async () => {
    const mine = await machine({ door: BY_PASSWORD });
    await appendFile(mine.network.configFile, 'Host behind\n  ProxyJump door\n');
    started.push(await mine.network.start('behind'));
    const terminal = mine.terminal('hosts', 'behind');
    expect(await terminal.ended).toBe(1);
    expect(terminal.shown()).not.toContain("'s password:");
    expect(terminal.shown()).toContain('Log in once: distcomp login ');

    const stopped = mine.terminal('login', 'behind', 'door');
    await stopped.answer('password: ', '\u0003');
    expect(await stopped.ended, stopped.shown()).toBe(1);
    expect(stopped.shown()).toContain('  behind: the login failed\r\n  door: was not asked for');

    await logIn(mine, 'behind');
    const shown = await mine.distcomp('hosts', 'behind');
    expect(shown.stdout).toContain('0 workers on 1 host');
    expect(accepted(mine.network, 'door')).toHaveLength(1);
  });
});

describe('a tunnel to a host that wants a password', () => {
  const linkOf = (host: TestHost) =>
    join(folderOn(host, queueFolder({ url: test.server.url }, DEFAULT_QUEUE)), 'redis.sock');
  /** Connections of workers, as Redis sees them. */
  async function workerClients(): Promise<number> {
    const list = String(await test.redis.client('LIST'));
    return list.split('\n').filter(line => line !== '' && !line.includes(' name=test')).length;
  }
  const noClient = () =>
    until(async () => (await workerClients()) === 0, { describe: 'no worker connected' });

  async function tunnelled({ start }: Machine): Promise<{ child: ChildProcess; said(): string }> {
    const child = start('launch', 'alpha', '--tunnel');
    let said = '';
    child.stderr?.on('data', chunk => {
      said += chunk;
    });
    const stays = 'The tunnel of 1 host stays open while this runs.';
    await until(() => said.includes(stays), { describe: () => `it to stay: ${said}` });
    return { child, said: () => said };
  }

  it('goes through the shared connection, comes back with a login, and ends with its command', async () => {
    const mine = await machine({ alpha: BY_PASSWORD });
    const [alpha] = started as [TestHost];
    await logIn(mine, 'alpha');
    const first = await tunnelled(mine);
    await submit(test.queue, lines(20));
    await finish(20);
    expect(await workerClients()).toBeGreaterThan(0);
    expect(accepted(mine.network, 'alpha')).toHaveLength(1);

    process.kill(masterOf(mine).pid, 'SIGKILL');
    const again = `  alpha: it comes back once you log in again: distcomp login --ssh-config ${mine.network.configFile} alpha\n`;
    await until(() => first.said().endsWith(again), { describe: first.said });
    expect(first.said()).toContain('  alpha: the tunnel is lost: the connection ended. ');
    await logIn(mine, 'alpha');
    await until(() => first.said().endsWith('  alpha: the tunnel is back.\n'), {
      describe: first.said,
    });
    await submit(test.queue, lines(30));
    await finish(30);

    const path = readlinkSync(linkOf(alpha));
    const listening = () => readFileSync('/proc/net/unix', 'utf8').includes(path);
    expect(listening()).toBe(true);
    first.child.kill('SIGINT');
    expect((await once(first.child, 'close'))[0]).toBe(0);
    // The command waits two seconds at most for the host to remove its end.
    await until(() => !existsSync(dirname(path)), { describe: 'the folder there to be gone' });
    await until(() => !listening(), { describe: 'nothing to listen there' });
    await noClient();
    expect(inSockets(mine)).toHaveLength(1);

    const second = await tunnelled(mine);
    await until(async () => (await workerClients()) > 0, { describe: 'the worker to be back' });
    second.child.kill('SIGKILL');
    await noClient();
    await until(() => !existsSync(linkOf(alpha)), { describe: 'the link to be gone' });
    await until(() => inSockets(mine).length === 1, { describe: 'the control socket alone' });
    expect(accepted(mine.network, 'alpha')).toHaveLength(2);
    expect((await mine.distcomp('hosts', 'alpha')).stdout).toContain('1 worker on 1 host');
  });
});
