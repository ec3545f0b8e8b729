/**
 * One command on one host by the system's `ssh`, so that its configuration, agent, jump hosts and
 * known hosts count, or through the shared connection that a person opened. Nothing is ever asked in the
 * background: what would need an answer fails, and the failure says what to do.
 */
import { patiently } from './crowd';
import { failureOf, SshFailed } from './failures';
import type { Host } from './hosts';
import { sharedSocket, through } from './sharedConnection';
import {
  argumentsFor,
  type RemoteEnd,
  type RunOptions,
  run,
  SSH_ITSELF,
  type SshOptions,
} from './sshProgram';

export { SshFailed } from './failures';
export type { SshOptions } from './sshProgram';

/**
 * Runs a command with `input` on its standard input.
 *
 * @throws SshFailed
 */
export async function runOn(
  host: Host,
  command: string,
  input: string | Buffer,
  options: RunOptions = {},
): Promise<RemoteEnd> {
  const shared = await sharedSocket(host, options);
  const args = await argumentsFor(host, options, { settings: through(shared) });
  const end = await run([...args, command], input, options);
  if (end.code !== SSH_ITSELF) return end;
  throw await sshFailed(host, end.stderr, options, shared !== undefined);
}

/** `stderr`: what `ssh` said when it failed. */
export async function sshFailed(
  host: Host,
  stderr: string,
  options: SshOptions,
  isShared: boolean,
): Promise<SshFailed> {
  const fingerprint = /host key/i.test(stderr) ? await fingerprintOf(host, options) : undefined;
  return new SshFailed(failureOf(host, stderr, { fingerprint, isShared }));
}

/** What the host shows as its key, for a person to compare. Undefined when it shows none. */
async function fingerprintOf(host: Host, options: SshOptions): Promise<string | undefined> {
  const look = async () => {
    const args = await argumentsFor(host, options);
    const { stderr } = await run(['-v', ...args, 'exit'], '', options);
    // Of a jump host it is told before; the last one is that which was not accepted.
    const shown = [...stderr.matchAll(/Server host key: (\S+ SHA256:\S+)/g)].at(-1)?.[1];
    const failure = failureOf(host, stderr.replace(/^debug.*$/gm, ''));
    if (failure.kind === 'dropped') throw new SshFailed(failure);
    return shown;
  };
  return patiently(look).catch(() => undefined);
}
