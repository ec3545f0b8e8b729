/** What becomes of a run's own workers, told as it happens. */
import type { LocalWorkerEvent } from '../../cluster/localWorkers';
import { took, visible } from '../../tasks/words';
import { CommandFailed, EXIT } from '../exit';

export type WorkerEnded = Extract<LocalWorkerEvent, { type: 'ended' }>;

/** All workers of a run are gone for good, and nobody else could run its tasks. */
export class CrewLost extends CommandFailed {
  override readonly name = 'CrewLost';

  constructor(last: WorkerEnded) {
    // A worker ends with the same codes as a command.
    const isOurs = last.code === EXIT.usage || last.code === EXIT.redis;
    const message = `No worker runs any more: ${howItEnded(last)}`;
    super(message, isOurs ? Number(last.code) : EXIT.tasksFailed);
  }
}

export class Crew {
  private left: number;
  /** From now on workers end because they are told to. */
  dismissed = false;

  constructor(
    size: number,
    private readonly say: (text: string) => void,
    private readonly onLost: (last: WorkerEnded) => void,
  ) {
    this.left = size;
  }

  readonly note = (event: LocalWorkerEvent): void => {
    if (event.type !== 'ended') return;
    if (this.dismissed) return;
    const { slot, restartInMs: again } = event;
    const next = again === undefined ? '' : `  It starts again in ${took(again)}.`;
    this.say(`Worker ${slot} ended: ${howItEnded(event)}${next}`);
    if (again !== undefined) return;
    this.left -= 1;
    if (this.left === 0) this.onLost(event);
  };
}

function howItEnded({ code, signal, reason }: WorkerEnded): string {
  // What was killed had no time to say why.
  if (signal) return signal;
  const how = code === null ? '' : `exit ${code}`;
  return [how, visible(reason)].filter(part => part !== '').join('  ');
}
