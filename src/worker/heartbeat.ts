import type { Config } from '../config/schema';
import { CoreMeter, cores } from '../host/cores';
import type { Memory } from '../host/memory';
import type { Promised } from '../queue/cycle';
import type { WorkerDetails } from '../queue/workerDetails';
import { AttemptCount, type AttemptEnd } from './attemptFigures';

/** What a heartbeat tells of this worker and its host. */
export class Heartbeat {
  readonly #coreMeter = new CoreMeter();
  readonly #attempts = new AttemptCount();
  #capacityGb = 0;
  #spareGb = 0;
  #ended = 0;
  #rate = 0;
  #ratedAt = performance.now();

  /** Memory that the host would have for tasks if none ran, as far as this worker saw. */
  get capacityGb(): number {
    return this.#capacityGb;
  }

  /** An attempt ended, if it ran. */
  countEnd(end: AttemptEnd | undefined): void {
    this.#ended++;
    if (end) this.#attempts.add(end);
  }

  /** Before each heartbeat. */
  look({ availableGb }: Memory, acceptGb: number, running: number): void {
    const spare = Math.max(0, availableGb - acceptGb);
    this.#spareGb = spare;
    this.#capacityGb = running === 0 ? spare : Math.max(this.#capacityGb, spare);
    const now = performance.now();
    this.#rate = (this.#ended * 1000) / Math.max(1, now - this.#ratedAt);
    this.#ended = 0;
    this.#ratedAt = now;
  }

  /** `used_cores:total_cores:used_gb:total_gb`, as the original has it. */
  load({ totalGb, availableGb }: Memory): string {
    const values = [this.#coreMeter.read(), cores(), totalGb - availableGb, totalGb];
    return values.map(value => Math.max(0, value).toFixed(2)).join(':');
  }

  details(
    config: Config,
    counts: { running: number; buffered: number },
    promised: Promised,
    rest: { pid: number; version: string; state: string; problem: string | undefined },
  ): WorkerDetails {
    const { problem, ...about } = rest;
    return {
      ...about,
      lanes: config.max_task_per_worker,
      capacity_gb: thousandths(this.#capacityGb),
      spare_gb: thousandths(this.#spareGb),
      promised_gb: thousandths(promised.memoryGb),
      promised_cores: thousandths(promised.cores),
      ...counts,
      rate: Math.round(this.#rate * 100) / 100,
      ...this.#attempts.figures,
      switches: {
        pipeline: config.pipeline,
        adaptive_polling: config.adaptive_polling,
        wakeup: config.wakeup,
        prefetch: config.prefetch,
        lanes: config.lanes,
      },
      ...(problem === undefined ? {} : { problem }),
    };
  }
}

const thousandths = (value: number) => Math.round(value * 1000) / 1000;
