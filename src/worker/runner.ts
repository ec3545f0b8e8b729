/**
 * What this worker holds: tasks that it claimed, from the claim until Redis took the report.
 *
 *   claimed ──start──▶ running ──end──▶ ended ──acknowledge──▶ (gone)
 *      └──withdraw──────┴──▶ withdrawn ──end──▶ (gone, nothing is reported)
 *
 * Redis never waits here and nothing here talks to it: `worker.ts` carries reports and claims.
 */
import type { ClaimedTask, EndedAttempt } from '../queue/cycle';
import type { HeldTask } from '../queue/membership';
import { parseTask, shellCommand, type Task, taskId } from '../tasks/task';
import type { AttemptOutcome, Executor } from './lanes/executor';
import { diskFullMessage, outputBase } from './outputFiles';
import type { RedisClock } from './redisClock';
import { reportOf, type Started } from './report';
import type { Need } from './room';

interface Holding {
  state: 'running' | 'ended' | 'withdrawn';
  seq: number;
  epoch: string;
  need: Need;
}

/** The claim of which a task is part. */
export interface Claim {
  worker: string;
  instance: string;
  seq: number;
  epoch: string;
}

/** Why the last attempt could not be started. */
export interface StartProblem {
  message: string;
  /** On the monotonic clock, ms. */
  at: number;
}

export interface RunnerOptions {
  executor: Executor;
  clock: RedisClock;
  outputFolder: string;
  defaultTimeoutSeconds: number;
  maxResultBytes: number;
  /** Something ended: there is something to report, or a lane is free. */
  onEnd: () => void;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #held = new Map<string, Holding>();
  /** Attempts that still end although their task may come again: it must wait for them. */
  readonly #ending = new Map<string, Promise<void>>();
  #reports: EndedAttempt[] = [];
  #startProblem: StartProblem | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  start(claim: Claim, claimed: ClaimedTask): void {
    const parsed = parseTask(claimed.line);
    if ('problem' in parsed) {
      this.#reports.push(
        refusal(claim, claimed, parsed.problem.message, this.#options.clock.now()),
      );
      this.#options.onEnd();
      return;
    }
    const { task } = parsed;
    const holding: Holding = {
      state: 'running',
      seq: claim.seq,
      epoch: claim.epoch,
      need: { memoryGb: claimed.needMemoryGb, cores: task.cpu },
    };
    this.#held.set(claimed.line, holding);
    const before = this.#ending.get(claimed.line) ?? Promise.resolve();
    const end = before
      .then(() => this.#run(claim, claimed, task, holding))
      .finally(() => {
        if (this.#ending.get(claimed.line) === end) this.#ending.delete(claimed.line);
      });
    this.#ending.set(claimed.line, end);
  }

  /** Needs of what runs, of withdrawn tasks too until they have ended. */
  *needs(): Iterable<Need> {
    for (const { state, need } of this.#held.values()) if (state !== 'ended') yield need;
  }

  /** Attempts that have not ended. */
  get running(): number {
    let count = 0;
    for (const { state } of this.#held.values()) if (state !== 'ended') count++;
    return count;
  }

  get reports(): readonly EndedAttempt[] {
    return this.#reports;
  }

  /** Undefined once an attempt could be started again. */
  get startProblem(): StartProblem | undefined {
    return this.#startProblem;
  }

  /** What a heartbeat says is held: not what was withdrawn. */
  held(): HeldTask[] {
    return [...this.#held]
      .filter(([, { state }]) => state !== 'withdrawn')
      .map(([line, { seq, epoch }]) => ({ line, seq, epoch, runs: true }));
  }

  /** Redis has taken these reports. */
  acknowledge(reports: readonly EndedAttempt[]): void {
    const taken = new Set(reports);
    this.#reports = this.#reports.filter(report => !taken.has(report));
    for (const { line, seq } of reports) {
      if (this.#held.get(line)?.seq === seq) this.#held.delete(line);
    }
  }

  /** The task is no longer this worker's: its attempt is ended and nothing is reported of it. */
  withdraw(line: string): void {
    const holding = this.#held.get(line);
    if (!holding) return;
    if (holding.state === 'ended') {
      this.#held.delete(line);
      this.#reports = this.#reports.filter(report => report.line !== line);
      return;
    }
    holding.state = 'withdrawn';
    this.#options.executor.kill(taskId(line), 'withdrawn');
  }

  /** Ends what runs; it goes back to the queue. */
  endAll(): void {
    for (const [line, { state }] of this.#held) {
      if (state === 'running') this.#options.executor.kill(taskId(line), 'returned');
    }
  }

  async #run(claim: Claim, claimed: ClaimedTask, task: Task, holding: Holding): Promise<void> {
    const { executor, clock, outputFolder, defaultTimeoutSeconds, maxResultBytes } = this.#options;
    const { line, attempt } = claimed;
    const id = taskId(line);
    const started: Started = {
      line,
      seq: claim.seq,
      worker: claim.worker,
      start: clock.now(),
      timeoutSeconds: task.timeoutSeconds ?? defaultTimeoutSeconds,
      outputBase: outputBase(outputFolder, id, attempt, claim.instance, claim.seq),
    };
    let outcome: AttemptOutcome = { started: false, durationMs: 0 };
    // Withdrawn while it waited for an earlier attempt of the same task.
    if (holding.state === 'running') {
      outcome = await executor.run({
        taskId: id,
        worker: claim.worker,
        attempt,
        command: shellCommand(task),
        outputBase: started.outputBase,
        timeoutSeconds: started.timeoutSeconds,
      });
      const message = outcome.notStarted ?? (outcome.diskFull && diskFullMessage(outputFolder));
      this.#startProblem = message ? { message, at: performance.now() } : undefined;
    }
    const report = await reportOf(started, outcome, clock.now(), maxResultBytes);
    if (holding.state === 'withdrawn') {
      if (this.#held.get(line) === holding) this.#held.delete(line);
    } else {
      holding.state = 'ended';
      this.#reports.push(report);
    }
    this.#options.onEnd();
  }
}

/** A line that no worker could run, as one that an old tool wrote: it fails, with the reason. */
function refusal(claim: Claim, { line }: ClaimedTask, message: string, now: number): EndedAttempt {
  return {
    line,
    seq: claim.seq,
    outcome: 'failed',
    value: JSON.stringify(message),
    record: JSON.stringify({ worker: claim.worker, start: now, end: now, err: message }),
    signature: 'not a task line',
    milliseconds: 0,
  };
}
