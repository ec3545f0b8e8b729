/** The folder of what is made here for `ssh`: sockets of shared connections, and configurations. */
import { lstat, mkdir } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Of a path of a socket where it is shortest (macOS), less the name and what `ssh` appends while it makes one. */
const LONGEST = 103 - 17 - 17;

/** In the home folder, unless its path is too long for a socket or has characters that `ssh` would expand. */
export function folderFor(home: string, uid: number): string {
  const own = join(home, '.distcomp', 'ssh');
  return /^[\w./@+-]+$/.test(own) && own.length <= LONGEST ? own : `/tmp/distcomp-login-${uid}`;
}

/** Where it is, or would be. */
export const ownFolder = () => folderFor(homedir(), userInfo().uid);

/**
 * Makes it if it is not there.
 *
 * @throws Error when others could use what is in it
 */
export async function privateFolder(): Promise<string> {
  const folder = ownFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await isPrivate(folder)) return folder;
  throw new Error(
    `${folder} must be a folder that you alone can open, since others could use your logins. Remove it, then log in again.`,
  );
}

export async function isPrivate(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return !!found?.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
}
