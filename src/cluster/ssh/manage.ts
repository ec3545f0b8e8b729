/** Asking a host, once workers are there: `remote/manage.sh` has what can be asked. */
import { patiently } from './crowd';
import type { Host } from './hosts';
import endText from './remote/end.sh';
import manageText from './remote/manage.sh';
import {
  newToken,
  parseSaid,
  type RemoteScript,
  remoteScript,
  type Said,
  SHELL,
} from './remoteScript';
import { type HostFailure, NO_SHELL, sshFailure } from './results';
import { runOn, SshFailed, type SshOptions } from './transport';

/** What a host said; with a failure it may have said less than all. */
export interface Answer {
  said: Said[];
  failure?: HostFailure;
}

export interface Asking {
  ssh?: SshOptions | undefined;
  /** Of the queue whose workers are meant (`queueFolder.ts`); undefined: those of all queues are. */
  queueFolder?: string | undefined;
}

/** `call`: a function of `remote/manage.sh` and its arguments; all that is asked so ends with `end`. `input`: for that function. */
export async function ask(
  host: Host,
  call: readonly string[],
  { ssh = {}, queueFolder }: Asking,
  input?: string,
): Promise<Answer> {
  const token = newToken();
  const script = manageScript({ token, queueFolder, call, ...(input !== undefined && { input }) });
  try {
    const { stdout } = await patiently(() => runOn(host, SHELL, script, ssh));
    const said = parseSaid(token, stdout);
    if (said.length === 0) return { said, failure: NO_SHELL };
    return said.some(({ word }) => word === 'end' || word === 'fail')
      ? { said }
      : { said, failure: { step: 'ssh', message: 'The connection broke while it answered.' } };
  } catch (error) {
    if (error instanceof SshFailed) return { said: [], failure: sshFailure(error) };
    throw error;
  }
}

export function manageScript(script: Omit<RemoteScript, 'text' | 'values'>): string {
  return remoteScript({ ...script, text: `${endText}\n${manageText}` });
}
