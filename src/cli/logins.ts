/** Logging in to hosts in this terminal, where `ssh` asks what it must: one host after the other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Host } from '../cluster/ssh/hosts';
import { hasSharedConnection, loginArguments, SHARED_HOURS } from '../cluster/ssh/sharedConnection';
import type { SshOptions } from '../cluster/ssh/transport';
import { say } from './console';

/** `skipped`: somebody pressed Ctrl-C at one before it. */
export type LoginState = 'logged_in' | 'already' | 'failed' | 'skipped';

export interface Login {
  host: Host;
  state: LoginState;
}

const WORDS: Record<LoginState, string> = {
  logged_in: `logged in; stays open for ${SHARED_HOURS} hours without use`,
  already: 'was logged in already',
  failed: 'the login failed',
  skipped: 'was not asked for',
};

/** Says of each what came of it. A login that fails stops none of the others, Ctrl-C does. */
export async function logInTo(hosts: readonly Host[], ssh: SshOptions): Promise<Login[]> {
  const logins: Login[] = [];
  let interrupted = false;
  for (const host of hosts) {
    const state = interrupted ? 'skipped' : await logIn(host, ssh);
    if (state === 'interrupted') interrupted = true;
    const login: Login = { host, state: state === 'interrupted' ? 'failed' : state };
    say(`  ${host.name}: ${WORDS[login.state]}`);
    logins.push(login);
  }
  return logins;
}

export const isLoggedIn = ({ state }: Login) => state === 'logged_in' || state === 'already';

async function logIn(host: Host, ssh: SshOptions): Promise<LoginState | 'interrupted'> {
  if (await hasSharedConnection(host, ssh)) return 'already';
  say(`Logging in to ${host.name}.`);
  const args = await loginArguments(host, ssh);
  // What the host prints at a login is no answer of ours.
  const child = spawn('ssh', args, { stdio: ['inherit', process.stderr, 'inherit'] });
  // Ctrl-C is for `ssh`, which puts the terminal in order before it ends.
  const leave = () => undefined;
  process.on('SIGINT', leave);
  try {
    const [, signal] = await once(child, 'close');
    if (signal === 'SIGINT') return 'interrupted';
  } finally {
    process.off('SIGINT', leave);
  }
  return (await hasSharedConnection(host, ssh)) ? 'logged_in' : 'failed';
}
