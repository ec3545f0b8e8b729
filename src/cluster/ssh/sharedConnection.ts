/**
 * Connections that stay open once a person has logged in: each is a master of `ssh` in the background,
 * and its control socket is at a path by which all that we do on that host later goes through it.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from './hosts';
import { argumentsFor, askMaster, type SshOptions } from './sshProgram';

/** For so long a shared connection stays open without use. */
export const SHARED_HOURS = 8;

const NAME_LENGTH = 16;
/** Of a path of a socket where it is shortest (macOS), less what `ssh` appends while it makes one. */
const LONGEST = 103 - 17;
const END_MS = 2_000;
const LOOK_MS = 20;

/**
 * For an `ssh` in a terminal that asks whatever it must. It ends with 0 once the login has worked and
 * commands run there, and leaves the shared connection open.
 *
 * @throws Error when there is no private folder for its socket
 */
export async function loginArguments(host: Host, ssh: SshOptions): Promise<string[]> {
  const path = controlPath(host, ssh);
  await makePrivate(dirname(path));
  const settings = {
    BatchMode: 'no',
    StrictHostKeyChecking: 'ask',
    // A socket without a master is replaced; beside a master that is there already no second one stays.
    ControlMaster: 'auto',
    ControlPath: path,
    ControlPersist: `${SHARED_HOURS}h`,
  };
  // A command, and not `-f -N`: with that the master would have the terminal's hangup ahead of it when
  // `ssh` is what the terminal was opened for.
  return ['-n', ...argumentsFor(host, ssh, settings), 'true'];
}

export async function hasSharedConnection(host: Host, ssh: SshOptions): Promise<boolean> {
  return (await sharedSocket(host, ssh)) !== undefined;
}

/** Returns whether there was one that has ended. What goes through it ends with it. */
export async function endSharedConnection(host: Host, ssh: SshOptions): Promise<boolean> {
  const path = await sharedSocket(host, ssh);
  if (path === undefined) return false;
  await askMaster(path, 'exit');
  const until = performance.now() + END_MS;
  while ((await isSocket(path)) && performance.now() < until) await sleep(LOOK_MS);
  return !(await isSocket(path));
}

/** The control socket of a shared connection that lives; undefined when there is none. */
export async function sharedSocket(host: Host, ssh: SshOptions): Promise<string | undefined> {
  const path = controlPath(host, ssh);
  // In a folder of somebody else a socket could be a trap.
  if (!(await isPrivate(dirname(path))) || !(await isSocket(path))) return undefined;
  const { code } = await askMaster(path, 'check');
  return code === 0 ? path : undefined;
}

/** Settings of a connection that goes through that socket, or is as any other without one. */
export const through = (socket: string | undefined): Record<string, string> =>
  socket === undefined ? {} : { ControlMaster: 'no', ControlPath: socket };

/** By what says which connection it is; also by this machine, since homes may be those of many. */
function controlPath({ address, user, port }: Host, { configFile }: SshOptions): string {
  const config = configFile === undefined ? '' : resolve(configFile);
  const parts = [hostname(), config, address, user ?? '', port ?? 0];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return join(socketFolder(homedir(), userInfo().uid), hash.slice(0, NAME_LENGTH));
}

/** In the home folder, unless its path is too long for a socket or has characters that `ssh` would expand. */
export function socketFolder(home: string, uid: number): string {
  const own = join(home, '.distcomp', 'ssh');
  const isFit = /^[\w./@+-]+$/.test(own) && own.length + 1 + NAME_LENGTH <= LONGEST;
  return isFit ? own : `/tmp/distcomp-login-${uid}`;
}

async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await isPrivate(folder)) return;
  throw new Error(
    `${folder} must be a folder that you alone can open, since others could use your logins. Remove it, then log in again.`,
  );
}

async function isPrivate(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return !!found?.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
}

async function isSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSocket() ?? false;
}
