/**
 * Hosts for tests: real sshds, each on a loopback address of its own, in namespaces where hostname and
 * machine id are its own, with its own host key, authorized key and home. Needs root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, vi } from 'vitest';
import { signalAll } from './processes';
import { until } from './until';

export interface TestHostOptions {
  /** More lines of sshd_config. */
  config?: readonly string[];
  /** Shell lines that run in the host's namespaces before its sshd. */
  before?: string;
  /** Of its user, to whom a login with it is allowed. Default: none is. */
  password?: string;
  /** Default true: its key is among those that clients know. */
  known?: boolean;
}

export interface TestHost {
  /** As the client's configuration knows it. */
  name: string;
  address: string;
  port: number;
  home: string;
  /** Of sshd; another one after `restart()`. */
  readonly pid: number;
  /** Ends it and, with `sessions`, what it has open too, as a machine that goes down. */
  stop(how?: 'sessions'): Promise<void>;
  /** After `stop()`, at the same address. */
  restart(): Promise<void>;
}

export interface TestNetwork {
  folder: string;
  /** For `ssh -F`: all hosts by name. */
  configFile: string;
  knownHosts: string;
  start(name: string, options?: TestHostOptions): Promise<TestHost>;
  /** Ends all of them. */
  stop(): Promise<void>;
}

const networks: TestNetwork[] = [];
afterEach(async () => {
  await Promise.all(networks.splice(0).map(network => network.stop()));
});

let lastHost = 0;

/** Test files run at the same time, each in a process of its own: so are the addresses. */
function nextAddress(): string {
  lastHost += 1;
  const { pid } = process;
  return `127.${1 + (pid % 254)}.${1 + (Math.floor(pid / 254) % 254)}.${lastHost}`;
}

/** Hosts that end with the test, or when they are told to: those of a whole file. */
export async function testNetwork(ends: 'test' | 'told' = 'test'): Promise<TestNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-hosts-'));
  // What is kept for `ssh` in the home folder goes with it.
  vi.stubEnv('HOME', folder);
  await mkdir('/run/sshd', { recursive: true });
  const key = join(folder, 'id');
  keygen(key);
  const configFile = join(folder, 'ssh_config');
  const knownHosts = join(folder, 'known_hosts');
  await writeFile(knownHosts, '');
  const hosts: TestHost[] = [];
  const network: TestNetwork = {
    folder,
    configFile,
    knownHosts,
    start: async (name, options = {}) => {
      const host = await startHost(folder, name, options, key);
      hosts.push(host);
      await appendFile(configFile, entryFor(host, key, knownHosts));
      if (options.known !== false) {
        const hostKey = await readFile(join(folder, name, 'host_key.pub'), 'utf8');
        await appendFile(knownHosts, `[${host.address}]:${host.port} ${hostKey}`);
      }
      return host;
    },
    stop: async () => {
      await Promise.all(hosts.map(host => host.stop()));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  if (ends === 'test') networks.push(network);
  return network;
}

function entryFor({ name, address, port }: TestHost, key: string, knownHosts: string): string {
  const lines = [
    `HostName ${address}`,
    `Port ${port}`,
    'User root',
    `IdentityFile ${key}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${knownHosts}`,
    'GlobalKnownHostsFile none',
  ];
  return `Host ${name}\n${lines.map(line => `  ${line}\n`).join('')}`;
}

async function startHost(
  network: string,
  name: string,
  { config = [], before = ':', password }: TestHostOptions,
  clientKey: string,
): Promise<TestHost> {
  const folder = join(network, name);
  const home = join(folder, 'home');
  await mkdir(home, { recursive: true });
  keygen(join(folder, 'host_key'));
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${clientKey}.pub`, 'utf8'));
  await writeFile(join(folder, 'machine-id'), `${name}\n`);
  if (password !== undefined) await writeFile(join(folder, 'shadow'), shadowOf(password));
  const address = nextAddress();
  const port = 2222;
  await writeFile(
    join(folder, 'sshd_config'),
    [
      // The first value of a setting counts.
      ...config,
      ...(password === undefined ? [] : BY_PASSWORD),
      `ListenAddress ${address}`,
      `Port ${port}`,
      `HostKey ${join(folder, 'host_key')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      `PidFile ${join(folder, 'pid')}`,
      `SetEnv HOME=${home}`,
      ...['StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PrintMotd no'],
      '',
    ].join('\n'),
  );
  const preparing =
    password === undefined ? before : `mount --bind "$2/shadow" /etc/shadow && ${before}`;
  const start = () => startSshd(folder, name, preparing, address, port);
  let child = await start();
  return {
    name,
    address,
    port,
    home,
    get pid() {
      return child.pid ?? 0;
    },
    stop: how => stop(child, how),
    restart: async () => {
      child = await start();
    },
  };
}

async function startSshd(
  folder: string,
  name: string,
  before: string,
  address: string,
  port: number,
): Promise<ChildProcess> {
  const child = spawn('unshare', ['--uts', '--mount', 'sh', '-c', STARTING, before, name, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(() => answers(address, port), {
    describe: async () =>
      `sshd of ${name}: ${await readFile(join(folder, 'log'), 'utf8').catch(() => 'no log')}`,
  }).catch(async error => {
    // It stands in no network yet: nobody else would end it.
    await stop(child);
    throw error;
  });
  return child;
}

const BY_PASSWORD = [
  'PermitRootLogin yes',
  'PasswordAuthentication yes',
  'KbdInteractiveAuthentication no',
];

function shadowOf(password: string): string {
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password });
  return `root:${String(hash).trim()}:19000:0:99999:7:::\n`;
}

/** A machine id of its own: by it workers know their host. */
const STARTING = [
  'hostname "$1" && mount --bind "$2/machine-id" /etc/machine-id && eval "$0"',
  'exec /usr/sbin/sshd -D -f "$2/sshd_config" -E "$2/log"',
].join(' && ');

async function stop(child: ChildProcess, how?: 'sessions'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const sessions = how === 'sessions' ? sessionsOf(child.pid ?? 0) : [];
  child.kill();
  await once(child, 'exit');
  signalAll(sessions, 'SIGKILL');
}

/** Where a host keeps what is of one queue; `queue`: the name that its folder has. */
export const folderOn = ({ home, name }: Pick<TestHost, 'home' | 'name'>, queue: string): string =>
  join(home, '.distcomp', 'hosts', `${name}-${name}`, queue);

/** Workers outlive the connection that started them, and so the test that did. `holders`: of the registry. */
export function endWorkers(holders: readonly string[]): void {
  signalAll(
    holders.map(holder => Number(holder.split(' ')[3])),
    'SIGKILL',
  );
}

/** Of an sshd the processes that serve its connections; of such a one what it runs. */
export function sessionsOf(pid: number): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    // One that is turned away may end without a word.
    socket.once('close', () => resolve(false));
  });
}

function keygen(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
}
