import type { Config } from '../config/schema';
import type { Queue } from '../queue/queue';
import { recover } from '../queue/recover';
import { SWEEP_START, type SweepCursor, sweep } from '../queue/sweep';

const FIELDS_A_SWEEP = 500;

/**
 * What one elected worker does for all: it looks whether peers are lost, and indexes tasks that are
 * not indexed. It runs beside the loop, never twice at a time, and a failure of it is only a failure
 * to look.
 */
export class Duty {
  #cursor: SweepCursor = SWEEP_START;
  #underWay: Promise<void> | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly settings: { readonly current: Config },
    private readonly log: (line: string) => void,
  ) {}

  perform(): void {
    this.#underWay ??= this.#once().finally(() => {
      this.#underWay = undefined;
    });
  }

  /** Resolves when nothing is under way. */
  async done(): Promise<void> {
    await this.#underWay;
  }

  async #once(): Promise<void> {
    try {
      const swept = await sweep(this.queue, this.#cursor, FIELDS_A_SWEEP);
      this.#cursor = swept.next;
      const { worker_dead_seconds: deadSeconds } = this.settings.current;
      for (const { worker, tasks } of await recover(this.queue, deadSeconds)) {
        this.log(`${worker} is lost. Its tasks (${tasks}) went back to the queue.`);
      }
    } catch (error) {
      this.log(`Could not look after the queue: ${error instanceof Error ? error.message : error}`);
    }
  }
}
