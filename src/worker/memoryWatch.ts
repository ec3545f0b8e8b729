import { setTimeout as sleep } from 'node:timers/promises';
import { type Memory, memory } from '../host/memory';
import type { LiveConfig } from './liveConfig';
import { nextLookMs, relief } from './pressure';
import type { Runner } from './runner';

/**
 * Looks at this host's memory and relieves it when it is short. It runs beside the loop: it must work
 * while Redis does not answer.
 */
export class MemoryWatch {
  #latest: Memory = { totalGb: 0, availableGb: 0 };
  readonly #ending = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: LiveConfig,
    private readonly runner: Runner,
    private readonly log: (line: string) => void,
  ) {}

  get latest(): Memory {
    return this.#latest;
  }

  /** Less is available than must stay free. */
  get isShort(): boolean {
    return this.#latest.availableGb < this.settings.current.min_dram_gb_trigger_return;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    this.#look();
    this.#looking = this.#goOn();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#looking;
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const { min_dram_gb_accept_new_task: acceptGb } = this.settings.current;
      const wait = nextLookMs(this.#latest.availableGb, acceptGb, this.runner.running > 0);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      this.#look();
    }
  }

  #look(): void {
    this.#latest = memory();
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
}
