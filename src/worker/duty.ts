import type { Config } from '../config/schema';
import type { RenewSigns } from '../queue/membership';
import type { Queue } from '../queue/queue';
import { recover } from '../queue/recover';
import { SWEEP_START, type SweepCursor, sweep } from '../queue/sweep';

const FIELDS_A_SWEEP = 500;
/** Of so many times on duty with nothing in todo, it is swept once. */
const QUIET_TIMES = 5;

/**
 * What one elected worker does for all: it looks whether peers are lost, and indexes tasks that are
 * not indexed. It runs beside the loop, never twice at a time, and a failure of it is only a failure
 * to look.
 */
export class Duty {
  #cursor: SweepCursor = SWEEP_START;
  #underWay: Promise<void> | undefined;
  #quietTimes = 0;

  constructor(
    private readonly queue: Queue,
    private readonly settings: { readonly current: Config },
    private readonly log: (line: string) => void,
  ) {}

  perform({ todo, isAlone }: Pick<RenewSigns, 'todo' | 'isAlone'>): void {
    this.#underWay ??= this.#once(this.#isSweepDue(todo), !isAlone).finally(() => {
      this.#underWay = undefined;
    });
  }

  /** With nothing in todo there is nothing to index, and what else a sweep finds does not hurry. */
  #isSweepDue(todo: number): boolean {
    if (todo > 0) this.#quietTimes = 0;
    return this.#quietTimes++ % QUIET_TIMES === 0;
  }

  /** Resolves when nothing is under way. */
  async done(): Promise<void> {
    await this.#underWay;
  }

  async #once(sweeps: boolean, looks: boolean): Promise<void> {
    try {
      if (sweeps) this.#cursor = (await sweep(this.queue, this.#cursor, FIELDS_A_SWEEP)).next;
      if (!looks) return;
      const { worker_dead_seconds: deadSeconds } = this.settings.current;
      for (const { worker, tasks } of await recover(this.queue, deadSeconds)) {
        this.log(`${worker} is lost. Its tasks (${tasks}) went back to the queue.`);
      }
    } catch (error) {
      this.log(`Could not look after the queue: ${error instanceof Error ? error.message : error}`);
    }
  }
}
