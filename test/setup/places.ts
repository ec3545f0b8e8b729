/** Where a secret can be seen: what any process shows of itself, and files. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Arguments and environments of all processes, files below the folder, and those of tunnels and logins. */
const LOOK =
  'read -r secret; grep -lsF -e "$secret" /proc/[0-9]*/cmdline /proc/[0-9]*/environ; grep -rlsF -D skip -e "$secret" "$1" /tmp/distcomp-???????? /tmp/distcomp-ssh-* /tmp/distcomp-login-*; :';

/** Paths of files and of `/proc`. */
export async function placesOf(secret: string, folder: string): Promise<string[]> {
  const child = spawn('sh', ['-c', LOOK, 'sh', folder], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(`${secret}\n`);
  const found = await text(child.stdout);
  return found.split('\n').filter(Boolean);
}
