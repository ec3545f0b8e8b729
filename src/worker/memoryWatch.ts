import type { Config } from '../config/schema';
import { type Memory, memory } from '../host/memory';
import { nextLookMs, RELAXED_MS, relief } from './pressure';
import type { Runner } from './runner';

type Watched = Pick<Runner, 'running' | 'runningTasks' | 'isRelieving' | 'relieve'>;

/**
 * Looks at this host's memory and relieves it when it is short. It runs beside the loop: it must work
 * while Redis does not answer.
 */
export class MemoryWatch {
  #latest: Memory = { totalGb: 0, availableGb: 0 };
  /** On the monotonic clock, ms. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(
    private readonly settings: { readonly current: Config },
    private readonly runner: Watched,
    private readonly log: (line: string) => void,
  ) {}

  /** Half a second old at most. While nothing runs it is looked for only when somebody asks. */
  get latest(): Memory {
    if (performance.now() - this.#lookedAt > RELAXED_MS) this.#read();
    return this.#latest;
  }

  /** Less is available than must stay free. */
  get isShort(): boolean {
    return this.latest.availableGb < this.settings.current.min_dram_gb_trigger_return;
  }

  /** Something runs: it is looked after until nothing does. */
  watch(): void {
    if (this.#timer || this.#isOver || this.runner.running === 0) return;
    const { min_dram_gb_accept_new_task: acceptGb } = this.settings.current;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.runner.running > 0) this.#look();
        this.watch();
      },
      nextLookMs(this.latest.availableGb, acceptGb),
    );
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#read();
    const { runner } = this;
    const found = relief({
      availableGb: this.#latest.availableGb,
      triggerGb: this.settings.current.min_dram_gb_trigger_return,
      running: runner.runningTasks(),
      underWay: runner.isRelieving,
    });
    if (found.kind === 'none') return;
    const left = `${this.#latest.availableGb.toFixed(2)} GB of memory left`;
    const goes = found.kind === 'return' ? 'goes back to the queue' : 'fails, since it ran alone';
    this.log(`${left}: ended, it ${goes}: ${found.line}`);
    runner.relieve(found.line, found.kind);
  }

  #read(): void {
    this.#latest = memory();
    this.#lookedAt = performance.now();
  }
}
