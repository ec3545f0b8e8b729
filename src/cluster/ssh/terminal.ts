/** A shell on a host, in a terminal: a person's own `ssh`, through the shared connection where there is one. */
import type { Host } from './hosts';
import { sharedSocket, through } from './sharedConnection';
import { argumentsWith, type SshOptions } from './sshProgram';

/** For `ssh`. What a person set for sessions of their own counts. */
export async function terminalArguments(host: Host, ssh: SshOptions): Promise<string[]> {
  return argumentsWith(host, ssh, through(await sharedSocket(host, ssh)));
}
