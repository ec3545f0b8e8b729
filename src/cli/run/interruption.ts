/**
 * Ctrl-C during a run. States: none → draining (nothing new starts, running tasks finish) → stopping
 * (they end at once) → a third one leaves everything as it is and goes.
 */
import { EXIT } from '../exit';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface InterruptionSteps {
  drain(): void;
  stop(): void;
}

export class Interruption {
  private readonly controller = new AbortController();
  private steps: InterruptionSteps | undefined;
  private count = 0;
  private readonly onSignal = () => this.next();

  /** Aborted by the first Ctrl-C. */
  readonly signal = this.controller.signal;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.onSignal);
  }

  /** What to do from now on; one that has come already is acted on at once. */
  handle(steps: InterruptionSteps): void {
    this.steps = steps;
    if (this.count > 0) steps.drain();
    if (this.count > 1) steps.stop();
  }

  close(): void {
    for (const name of SIGNALS) process.off(name, this.onSignal);
  }

  private next(): void {
    this.count += 1;
    this.controller.abort();
    if (this.count === 1) this.steps?.drain();
    else if (this.count === 2) this.steps?.stop();
    else process.exit(EXIT.tasksFailed);
  }
}
