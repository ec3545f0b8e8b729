/** Attempts that only take their time, so that the rate of a worker is not that of the machine's spawning. */
import type { AttemptOutcome, AttemptSpec, Executor } from '../../src/worker/lanes/executor';

export class SimulatedExecutor implements Executor {
  #running = 0;

  /** @param taskMs how long each attempt takes; 0 ends in the same turn of the event loop */
  constructor(private readonly taskMs: number) {}

  async run(_spec: AttemptSpec): Promise<AttemptOutcome> {
    const begunAt = performance.now();
    this.#running++;
    if (this.taskMs > 0) await new Promise(resolve => setTimeout(resolve, this.taskMs));
    this.#running--;
    return { started: true, exit: 0, durationMs: performance.now() - begunAt };
  }

  /** Each ends by itself, and soon. */
  kill(): void {}

  busy(): number {
    return this.#running;
  }

  async close(): Promise<void> {}
}
