import type { AttemptOutcome, AttemptSpec, Executor } from './executor';

/** Runs attempts on the newest of its executors. Those before end what they run, and are closed then. */
export class SwitchableExecutor implements Executor {
  readonly #before = new Set<Executor>();
  #current: Executor;

  constructor(first: Executor) {
    this.#current = first;
  }

  switchTo(next: Executor): void {
    const last = this.#current;
    this.#current = next;
    this.#before.add(last);
    this.#closeIdle(last);
  }

  run(spec: AttemptSpec): Promise<AttemptOutcome> {
    const executor = this.#current;
    return executor.run(spec).finally(() => this.#closeIdle(executor));
  }

  kill(taskId: string, reason: string, graceMs?: number): void {
    for (const executor of this.#all()) executor.kill(taskId, reason, graceMs);
  }

  busy(): number {
    return this.#all().reduce((sum, executor) => sum + executor.busy(), 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map(executor => executor.close()));
  }

  #all(): Executor[] {
    return [this.#current, ...this.#before];
  }

  #closeIdle(executor: Executor): void {
    if (executor === this.#current || executor.busy() > 0) return;
    this.#before.delete(executor);
    void executor.close();
  }
}
