/** An executor that remembers when it was given each attempt. */
import type { AttemptOutcome, AttemptSpec, Executor } from '../../src/worker/lanes/executor';

export class StartTimes implements Executor {
  /** On the monotonic clock, ms. */
  readonly starts: number[] = [];

  constructor(private readonly executor: Executor) {}

  run(spec: AttemptSpec): Promise<AttemptOutcome> {
    this.starts.push(performance.now());
    return this.executor.run(spec);
  }

  kill(taskId: string, reason: string, graceMs?: number): void {
    this.executor.kill(taskId, reason, graceMs);
  }

  busy(): number {
    return this.executor.busy();
  }

  close(): Promise<void> {
    return this.executor.close();
  }
}
