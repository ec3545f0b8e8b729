/** The machine's Redis or Valkey server program: where it is, which version, how to get one. */
import { execFile } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Flavour = 'redis-server' | 'valkey-server';

export interface RedisServerProgram {
  path: string;
  flavour: Flavour;
  version: string;
}

/** No server program on this machine. The message ends with the command that installs one. */
export class RedisServerMissing extends Error {
  override name = 'RedisServerMissing';

  constructor(readonly hint = installHint()) {
    super(`No redis-server or valkey-server found. Install one: ${hint}`);
  }
}

const PROGRAMS = ['redis-server', 'valkey-server'];
/** Where installers put servers that the PATH of a desktop or of a plain user may lack. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const OLDEST = [6, 2] as const;

/** The first that is new enough, else the first that runs; undefined when there is none. */
export async function findRedisServer(): Promise<RedisServerProgram | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...EXTRA_FOLDERS];
  let first: RedisServerProgram | undefined;
  for (const folder of new Set(folders)) {
    for (const name of PROGRAMS) {
      const program = await examine(join(folder, name));
      if (program && isNewEnough(program.version)) return program;
      first ??= program;
    }
  }
  return first;
}

/** Redis 6.2 or newer; every Valkey is. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** What this program is; undefined when it is none of ours, or does not run. */
export async function examine(path: string): Promise<RedisServerProgram | undefined> {
  try {
    await access(path, constants.X_OK);
    // What counts is what it says: some systems install Valkey under Redis' names.
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (version === undefined) return undefined;
    const flavour = /valkey/i.test(stdout) ? 'valkey-server' : 'redis-server';
    return { path, flavour, version };
  } catch {
    return undefined;
  }
}

/** The command that installs a server on this system. */
export function installHint(platform: NodeJS.Platform = process.platform): string {
  if (platform === 'darwin') return 'brew install redis';
  if (platform === 'win32') return 'run it under WSL: wsl sudo apt-get install redis-server';
  return installHintOnLinux(osRelease());
}

const LINUX_HINTS: [families: string[], hint: string][] = [
  [['debian', 'ubuntu'], 'sudo apt-get install redis-server'],
  [['alpine'], 'sudo apk add redis'],
  [['arch'], 'sudo pacman -S valkey'],
  [['fedora'], 'sudo dnf install valkey'],
  [['rhel', 'centos'], 'sudo dnf install redis'],
  [['suse', 'opensuse'], 'sudo zypper install redis'],
];

/** `release` is the text of /etc/os-release; a derived system follows the one that it names as its like. */
export function installHintOnLinux(release: string): string {
  const ids = [...field(release, 'ID'), ...field(release, 'ID_LIKE')];
  for (const id of ids) {
    const match = LINUX_HINTS.find(([families]) => families.includes(id));
    if (match) return match[1];
  }
  return 'the package redis or valkey of this system';
}

function field(release: string, name: string): string[] {
  const value = new RegExp(`^${name}="?([^"\\n]*)"?`, 'm').exec(release)?.[1] ?? '';
  return value.split(' ').filter(Boolean);
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
