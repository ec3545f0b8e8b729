/** The folder of what is made here for `ssh`: sockets of shared connections, and configurations. */
import { createHash } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Of a path of a socket where it is shortest (macOS). */
const LONGEST = 103;
const NAME_LENGTH = 16;
/** What `ssh` appends to the path of a socket while it makes it. */
const APPENDED = 17;

/** In the home folder, unless its path is too long for a socket or has characters that `ssh` would expand. */
export function folderFor(home: string, uid: number): string {
  const own = join(home, '.distcomp', 'ssh');
  const isFit = /^[\w./@+-]+$/.test(own) && own.length + 1 + NAME_LENGTH + APPENDED <= LONGEST;
  return isFit ? own : spareFolder(uid);
}

/** Where it is, or would be. */
export const ownFolder = () => folderFor(homedir(), userInfo().uid);

/** For homes that are no place for it. */
export const spareFolder = (uid = userInfo().uid) => `/tmp/distcomp-login-${uid}`;

/** A name in it for what is the same when all of these are. */
export function nameFor(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, NAME_LENGTH);
}

/**
 * Makes a folder if it is not there.
 *
 * @throws Error when others could use what is in it
 */
export async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (await isPrivate(folder)) return;
  throw new Error(
    `${folder} must be a folder that you alone can open, since others could use your logins. Remove it, then try again.`,
  );
}

export async function isPrivate(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return !!found?.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
}
