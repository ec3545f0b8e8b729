/** The end of the workers of hosts: they drain, what is too slow gives its tasks back, what hangs is killed. */
import { onEach } from './crowd';
import type { Host } from './hosts';
import { type Asking, ask } from './manage';
import type { Said } from './remoteScript';
import type { HostFailure } from './results';

/** How a worker ended: its tasks were done; it gave them back; it was killed, and they go back later. */
export type Ending = 'drained' | 'ended' | 'killed';
const ENDINGS: readonly Ending[] = ['drained', 'ended', 'killed'];

export interface WorkerEndings {
  /** One a worker. */
  endings: { slot: number; ending: Ending }[];
  /** Processes that KILL did not end. */
  remaining: string[];
}

export interface StopResult extends Pick<WorkerEndings, 'endings'> {
  host: Host;
  failure?: HostFailure;
}

export interface StopOptions extends Asking {
  hosts: readonly Host[];
  /** For so long running tasks may go on. */
  drainSeconds: number;
  /** As soon as it is known. */
  onResult?: (result: StopResult) => void;
}

/** For a connection, the second TERM and KILL. */
export const BEYOND_DRAIN_SECONDS = 120;

/** Results in the order of the hosts. A host where none runs has no ending. */
export function stopWorkers(options: StopOptions): Promise<StopResult[]> {
  const { drainSeconds, queueFolder } = options;
  const ssh = { ...options.ssh, commandSeconds: drainSeconds + BEYOND_DRAIN_SECONDS };
  const stop = async (host: Host): Promise<StopResult> => {
    const { said, failure } = await ask(host, ['stop', String(drainSeconds)], { ssh, queueFolder });
    const { endings, remaining } = parseEndings(said);
    const wrong = failure ?? remainingFailure(remaining);
    return { host, endings, ...(wrong && { failure: wrong }) };
  };
  return onEach(options.hosts, stop, options.onResult);
}

/** What `remote/end.sh` says. */
export function parseEndings(said: readonly Said[]): WorkerEndings {
  return {
    endings: said.flatMap(({ word, rest }) => (word === 'stopped' ? parseEnding(rest) : [])),
    remaining: said.filter(({ word }) => word === 'remains').map(({ rest }) => rest),
  };
}

export function remainingFailure(remaining: readonly string[]): HostFailure | undefined {
  if (remaining.length === 0) return undefined;
  return {
    step: 'stop',
    message: `Process ${remaining.join(', ')} did not end when it was killed.`,
  };
}

function parseEnding(rest: string): WorkerEndings['endings'] {
  const [slot, word] = rest.split(' ');
  const ending = ENDINGS.find(each => each === word);
  return ending ? [{ slot: Number(slot), ending }] : [];
}
