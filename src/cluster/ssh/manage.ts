/** Asking a host, once workers are there: `remote/manage.sh` has what can be asked. */
import { patiently } from './crowd';
import type { Host } from './hosts';
import endText from './remote/end.sh';
import manageText from './remote/manage.sh';
import { newToken, parseSaid, remoteScript, type Said, SHELL } from './remoteScript';
import { type HostFailure, NO_SHELL, sshFailure } from './results';
import { runOn, SshFailed, type SshOptions } from './transport';

/** What a host said; with a failure it may have said less than all. */
export interface Answer {
  said: Said[];
  failure?: HostFailure;
}

/** `call`: a function of `remote/manage.sh` and its arguments; all that is asked so ends with `end`. */
export async function ask(
  host: Host,
  call: readonly string[],
  ssh: SshOptions = {},
): Promise<Answer> {
  const token = newToken();
  const script = manageScript(token, call);
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

/** `input`: for the function; undefined: what comes after the script. */
export function manageScript(token: string, call: readonly string[], input?: string): string {
  return remoteScript({
    token,
    text: `${endText}\n${manageText}`,
    call,
    ...(input === undefined ? {} : { input }),
  });
}
