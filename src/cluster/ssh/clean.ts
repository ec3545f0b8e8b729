/** Removal of all that is ours from hosts, with a list of it beforehand. */
import { onEach } from './crowd';
import type { Host } from './hosts';
import { ask } from './manage';
import type { HostFailure } from './results';
import type { SshOptions } from './transport';

export type OursKind = 'own' | 'output' | 'program';
const KINDS: readonly OursKind[] = ['own', 'output', 'program'];

/** Something of ours on a host: its own folder with logs and settings, output of tasks, a program. */
export interface Ours {
  kind: OursKind;
  path: string;
  kilobytes: number;
}

export interface OursOnHost {
  host: Host;
  ours: Ours[];
  /** How many workers run: nothing goes while there are any. */
  running: number;
  /** The home is that of other hosts too, which need the programs that stay. */
  isShared: boolean;
  failure?: HostFailure;
}

export interface CleanResult {
  host: Host;
  failure?: HostFailure;
}

export interface CleanOptions {
  hosts: readonly Host[];
  ssh?: SshOptions;
}

/** What `clean` would remove, in the order of the hosts. */
export function listOurs({ hosts, ssh }: CleanOptions): Promise<OursOnHost[]> {
  return onEach(hosts, async host => {
    const { said, failure } = await ask(host, ['list_ours'], { ssh });
    return {
      host,
      ours: said.flatMap(({ word, rest }) => parseOurs(word, rest)),
      running: said.filter(({ word }) => word === 'running').length,
      isShared: said.some(({ word }) => word === 'shared'),
      ...(failure && { failure }),
    };
  });
}

function parseOurs(word: string, rest: string): Ours[] {
  const kind = KINDS.find(each => each === word);
  const [, kilobytes, path] = /^(\d*) (.+)$/.exec(rest) ?? [];
  return kind && path ? [{ kind, path, kilobytes: Number(kilobytes) }] : [];
}

/** Removes it; the output of tasks only when asked. Hosts where a worker runs are left as they are. */
export function clean(
  { hosts, ssh }: CleanOptions,
  withOutput: boolean,
  onResult?: (result: CleanResult) => void,
): Promise<CleanResult[]> {
  const remove = async (host: Host): Promise<CleanResult> => {
    const { said, failure } = await ask(host, ['remove_ours', withOutput ? 'output' : ''], { ssh });
    const isRefused = said.some(({ word }) => word === 'fail');
    const wrong =
      failure ??
      (isRefused
        ? {
            step: 'clean' as const,
            message: 'Workers run there, of this queue or another. Stop them first.',
          }
        : undefined);
    return { host, ...(wrong && { failure: wrong }) };
  };
  return onEach(hosts, remove, onResult);
}
