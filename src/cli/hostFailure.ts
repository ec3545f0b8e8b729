/** What the commands about hosts say beside a failure: how a person logs in, where that may help. */
import type { Host } from '../cluster/ssh/hosts';
import { quote } from '../cluster/ssh/remoteScript';
import { type HostFailure, sshFailure } from '../cluster/ssh/results';
import type { SshFailed } from '../cluster/ssh/transport';
import { CommandFailed, EXIT } from './exit';

/** What chooses a connection besides its host. */
export interface ConnectionOptions {
  sshConfig?: string;
}

/** `distcomp login node1`, for the same connections. */
export function loginCommand(hosts: readonly Host[], { sshConfig }: ConnectionOptions): string {
  const config = sshConfig === undefined ? [] : ['--ssh-config', sshConfig];
  return ['distcomp login', ...[...config, ...hosts.map(({ name }) => name)].map(asWord)].join(' ');
}

/** For a shell. */
const asWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : quote(text));

/** For people; a document of `--json` has the failure as it is. */
export function withRemedy<Result extends { host: Host; failure?: HostFailure }>(
  result: Result,
  options: ConnectionOptions,
): Result {
  const { host, failure } = result;
  if (!failure?.login) return result;
  const message = `${failure.message} Log in once: ${loginCommand([host], options)}`;
  return { ...result, failure: { ...failure, message } };
}

/** The failure of a host ends a command that is about one. */
export class HostFailed extends CommandFailed {
  override readonly name = 'HostFailed';
  /** As in `HostFailure`. */
  readonly login: boolean;

  constructor(host: Host, error: SshFailed, options: ConnectionOptions) {
    const failure = sshFailure(error);
    super(withRemedy({ host, failure }, options).failure.message, EXIT.tasksFailed);
    this.login = failure.login === true;
  }
}
