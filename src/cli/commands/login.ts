/** `distcomp login`: opens connections to hosts that want a person, by which all other commands go on. */
import type { Host } from '../../cluster/ssh/hosts';
import { endSharedConnection } from '../../cluster/ssh/sharedConnection';
import type { SshOptions } from '../../cluster/ssh/transport';
import { plural } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { loginCommand } from '../hostFailure';
import { isLoggedIn, type Login, logInTo } from '../logins';

export interface LoginOptions extends HostOptions {
  end?: true;
}

/** Returns the exit code: 1 when a login failed. */
export async function logInToHosts(words: string[], options: LoginOptions): Promise<number> {
  const hosts = await hostsFrom(words, options);
  const ssh = sshFrom(options);
  if (options.end) return logOut(hosts, ssh, options);
  if (!process.stdin.isTTY) {
    throw new UsageError(
      `Nobody can be asked here: a login needs a terminal. Give it in one: ${loginCommand(hosts, options)}`,
    );
  }
  const logins = await logInTo(hosts, ssh);
  if (options.json) {
    printJson({ hosts: logins.map(({ host, state }) => ({ host: host.name, state })) });
  } else {
    print(summary(logins));
  }
  return logins.every(isLoggedIn) ? EXIT.ok : EXIT.tasksFailed;
}

function summary(logins: readonly Login[]): string {
  const open = logins.filter(isLoggedIn).length;
  const failed = logins.length - open;
  const parts = [`${plural(open, 'host')} logged in`];
  if (failed > 0) parts.push(`${plural(failed, 'host')} failed`);
  return parts.join(' · ');
}

async function logOut(
  hosts: readonly Host[],
  ssh: SshOptions,
  { json }: LoginOptions,
): Promise<number> {
  const ended = await Promise.all(hosts.map(host => endSharedConnection(host, ssh)));
  const ends = hosts.map(({ name }, i) => ({ host: name, state: ended[i] ? 'ended' : 'none' }));
  if (json) {
    printJson({ hosts: ends });
    return EXIT.ok;
  }
  for (const { host, state } of ends) {
    say(`  ${host}: ${state === 'ended' ? 'the shared connection has ended' : 'there was none'}`);
  }
  print(`${plural(ended.filter(Boolean).length, 'shared connection')} ended`);
  return EXIT.ok;
}
