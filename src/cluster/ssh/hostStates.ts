/** What runs on hosts of ours: asked of the hosts themselves, whatever Redis knows of it. */
import { onEach } from './crowd';
import type { Host } from './hosts';
import { type Asking, ask } from './manage';
import { readBundle } from './programs';
import type { HostFailure } from './results';

export interface RunningWorker {
  slot: number;
  pid: number;
  /** Whether its program is the one that a launch from here would start. */
  isThisVersion: boolean;
  /** Its name at Redis; undefined when the host does not know it any more. */
  worker?: string;
  queue?: string;
}

export interface HostState {
  host: Host;
  workers: RunningWorker[];
  failure?: HostFailure;
}

export interface LookOptions extends Asking {
  hosts: readonly Host[];
  /** Path of `worker.js` on this machine. */
  workerBundle: string;
  /** As soon as it is known. */
  onState?: (state: HostState) => void;
}

/** States in the order of the hosts. */
export async function hostStates(options: LookOptions): Promise<HostState[]> {
  const { name: bundle } = await readBundle(options.workerBundle);
  const look = async (host: Host): Promise<HostState> => {
    const { said, failure } = await ask(host, ['describe'], options);
    const workers = said.flatMap(({ word, rest }) =>
      word === 'worker' ? [parseWorker(rest, bundle)] : [],
    );
    return { host, workers, ...(failure && { failure }) };
  };
  return onEach(options.hosts, look, options.onState);
}

function parseWorker(rest: string, ours: string): RunningWorker {
  const [, slot, pid, bundle, told = ''] = /^(\d+) (\d+) (\S+) ?(.*)$/.exec(rest) ?? [];
  const name = /"worker":"([\w~-]+)"/.exec(told)?.[1];
  const queue = /"queue":"([\w.-]+)"/.exec(told)?.[1];
  return {
    slot: Number(slot),
    pid: Number(pid),
    isThisVersion: bundle === ours,
    ...(name === undefined ? {} : { worker: name }),
    ...(queue === undefined ? {} : { queue }),
  };
}
