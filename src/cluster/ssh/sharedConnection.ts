/**
 * Connections that stay open once a person has logged in: each is a master of `ssh` in the background,
 * and its control socket is at a path by which all that we do on that host later goes through it.
 */
import { lstat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from './hosts';
import { isPrivate, makePrivate, nameFor, ownFolder } from './privateFolder';
import { argumentsFor, askMaster, type SshOptions } from './sshProgram';

/** For so long a shared connection stays open without use. */
export const SHARED_HOURS = 8;

const END_MS = 2_000;
const LOOK_MS = 20;

/**
 * For an `ssh` in a terminal that asks whatever it must. It ends with 0 once the login has worked and
 * commands run there, and leaves the shared connection open.
 *
 * @throws Error when there is no private folder for its socket
 */
export async function loginArguments(host: Host, ssh: SshOptions): Promise<string[]> {
  await makePrivate(ownFolder());
  const settings = {
    BatchMode: 'no',
    // A socket without a master is replaced; beside a master that is there already no second one stays.
    ControlMaster: 'auto',
    ControlPath: controlPath(host, ssh),
    ControlPersist: `${SHARED_HOURS}h`,
  };
  // A command, and not `-f -N`: with that the master would have the terminal's hangup ahead of it when
  // `ssh` is what the terminal was opened for.
  return ['-n', ...(await argumentsFor(host, ssh, { checking: 'ask', settings })), 'true'];
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
  if (!(await isPrivate(ownFolder())) || !(await isSocket(path))) return undefined;
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
  return join(ownFolder(), nameFor(parts));
}

async function isSocket(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSocket() ?? false;
}
