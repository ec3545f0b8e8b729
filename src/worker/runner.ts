/**
 * What this worker holds: tasks that it claimed, from the claim until Redis took the report.
 *
 *   buffered ──room──▶ running ──end──▶ ended ──acknowledge──▶ (gone)
 *      │                  └──withdraw──▶ withdrawn ──end──▶ (gone, nothing is reported)
 *      └──return──▶ ended;  ──withdraw──▶ (gone)
 *
 * Redis never waits here and nothing here talks to it: `worker.ts` carries reports and claims.
 */
import type { Config } from '../config/schema';
import type { ClaimedTask, EndedAttempt } from '../queue/cycle';
import type { HeldTask } from '../queue/membership';
import { outputBase } from '../queue/outputPaths';
import { parseTask, shellCommand, type Task, taskId } from '../tasks/task';
import type { AttemptEnd } from './attemptFigures';
import type { AttemptOutcome, Executor } from './lanes/executor';
import { diskFullMessage } from './outputFiles';
import type { RunningTask } from './pressure';
import type { RedisClock } from './redisClock';
import { refusal, reportOf, returned, type Started } from './report';
import { type Need, sumOf } from './room';

interface Holding {
  state: 'buffered' | 'running' | 'ended' | 'withdrawn';
  claim: Claim;
  claimed: ClaimedTask;
  task: Task;
  need: Need;
  /** When it came to be buffered or running, on the monotonic clock, ms. */
  since: number;
  /** Of its attempt, once that runs. */
  outputBase?: string;
  /** It is being ended since this host's memory is short. */
  relief?: 'return' | 'fail';
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

/** Tasks that wait here for room. */
export interface Buffered {
  count: number;
  need: Need;
  lowestPriority: number | undefined;
  /** Since when the oldest waits, on the monotonic clock, ms. */
  since: number | undefined;
}

export interface RunnerOptions {
  executor: Executor;
  clock: RedisClock;
  outputFolder: string;
  settings: { readonly current: Config };
  /** An attempt ended: a lane is free, and there is something to report. Undefined if it never ran. */
  onEnd: (end: AttemptEnd | undefined) => void;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #held = new Map<string, Holding>();
  /** Attempts that still end although their task may come again: it must wait for them. */
  readonly #ending = new Map<string, Promise<void>>();
  #starts: { line: string; seq: number }[] = [];
  #reports: EndedAttempt[] = [];
  #startProblem: StartProblem | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Starts a claimed task, or keeps it until there is room. */
  accept(claim: Claim, claimed: ClaimedTask): void {
    const parsed = parseTask(claimed.line);
    if ('problem' in parsed) {
      const now = this.#options.clock.now();
      this.#reports.push(refusal(claim, claimed.line, parsed.problem.message, now));
      this.#options.onEnd(undefined);
      return;
    }
    const { task } = parsed;
    const holding: Holding = {
      state: 'buffered',
      claim,
      claimed,
      task,
      need: { memoryGb: claimed.needMemoryGb, cores: task.cpu },
      since: performance.now(),
    };
    this.#held.set(claimed.line, holding);
    if (claimed.starts) this.#start(holding);
  }

  /** Starts buffered tasks in the order in which they came, while they fit. */
  startBuffered(fits: (need: Need) => boolean): void {
    for (const holding of this.#inState('buffered')) {
      if (!fits(holding.need)) return;
      this.#start(holding);
      this.#starts.push({ line: holding.claimed.line, seq: holding.claim.seq });
    }
  }

  /**
   * All buffered tasks go back with the next report. The last one first: each goes to the head of its bucket, so
   * they wait in their order again.
   */
  returnBuffered(): void {
    for (const holding of this.#inState('buffered').reverse()) {
      holding.state = 'ended';
      this.#reports.push(returned(holding.claimed.line, holding.claim.seq, 0));
    }
  }

  /** What is promised to running tasks, to withdrawn ones too until they have ended. */
  get promised(): Need {
    return sumOf(this.#occupying().map(({ need }) => need));
  }

  /** Attempts that have not ended: lanes in use. */
  get running(): number {
    return this.#occupying().length;
  }

  get buffered(): Buffered {
    const waiting = this.#inState('buffered');
    const priorities = waiting.map(({ task }) => task.priority);
    return {
      count: waiting.length,
      need: sumOf(waiting.map(({ need }) => need)),
      lowestPriority: waiting.length > 0 ? Math.min(...priorities) : undefined,
      since: waiting[0]?.since,
    };
  }

  /** Buffered tasks that began to run, and were not reported yet. */
  get starts(): readonly { line: string; seq: number }[] {
    return this.#starts;
  }

  get reports(): readonly EndedAttempt[] {
    return this.#reports;
  }

  /** Redis has not heard yet of an attempt that failed, or that the third time fails. */
  get hasFailureToReport(): boolean {
    return this.#reports.some(({ outcome }) => outcome === 'failed' || outcome === 'memory');
  }

  /** Undefined once an attempt could be started again. */
  get startProblem(): StartProblem | undefined {
    return this.#startProblem;
  }

  /** What a heartbeat says is held: not what was withdrawn. */
  held(): HeldTask[] {
    return [...this.#held]
      .filter(([, { state }]) => state !== 'withdrawn')
      .map(([line, { claim, state }]) => ({
        line,
        seq: claim.seq,
        epoch: claim.epoch,
        runs: state !== 'buffered',
      }));
  }

  runningTasks(): RunningTask[] {
    return this.#inState('running').map(({ claimed, since }) => ({
      line: claimed.line,
      startedAt: since,
    }));
  }

  /** Where the attempt of a task that runs here writes to. */
  runningOutput(line: string): { path: string; attempt: number } | undefined {
    const holding = this.#held.get(line);
    if (holding?.state !== 'running' || holding.outputBase === undefined) return undefined;
    return { path: holding.outputBase, attempt: holding.claimed.attempt };
  }

  /** A task is being ended for this host's memory, and its processes are not gone yet. */
  get isRelieving(): boolean {
    return this.#occupying().some(({ relief }) => relief !== undefined);
  }

  /** Ends a running task at once, since this host's memory is short. */
  relieve(line: string, relief: 'return' | 'fail'): void {
    const holding = this.#held.get(line);
    if (holding?.state !== 'running') return;
    holding.relief = relief;
    this.#options.executor.kill(taskId(line), 'memory', 0);
  }

  /** Redis has taken these. */
  acknowledge(
    starts: readonly { line: string; seq: number }[],
    reports: readonly EndedAttempt[],
  ): void {
    this.#starts = this.#starts.filter(start => !starts.includes(start));
    const taken = new Set(reports);
    this.#reports = this.#reports.filter(report => !taken.has(report));
    for (const { line, seq } of reports) {
      if (this.#held.get(line)?.claim.seq === seq) this.#held.delete(line);
    }
  }

  /** The task is no longer this worker's: its attempt is ended and nothing is reported of it. */
  withdraw(line: string): void {
    const holding = this.#held.get(line);
    if (!holding) return;
    this.#starts = this.#starts.filter(start => start.line !== line);
    if (holding.state === 'ended' || holding.state === 'buffered') {
      this.#held.delete(line);
      this.#reports = this.#reports.filter(report => report.line !== line);
      return;
    }
    holding.state = 'withdrawn';
    this.#options.executor.kill(taskId(line), 'withdrawn');
  }

  /** Ends what runs; it goes back to the queue. */
  endAll(): void {
    for (const { claimed } of this.#inState('running')) {
      this.#options.executor.kill(taskId(claimed.line), 'returned');
    }
  }

  #inState(state: Holding['state']): Holding[] {
    return [...this.#held.values()].filter(holding => holding.state === state);
  }

  #occupying(): Holding[] {
    return [...this.#held.values()].filter(
      ({ state }) => state === 'running' || state === 'withdrawn',
    );
  }

  #start(holding: Holding): void {
    holding.state = 'running';
    holding.since = performance.now();
    const { line } = holding.claimed;
    const before = this.#ending.get(line) ?? Promise.resolve();
    const end = before
      .then(() => this.#run(holding))
      .finally(() => {
        if (this.#ending.get(line) === end) this.#ending.delete(line);
      });
    this.#ending.set(line, end);
  }

  async #run(holding: Holding): Promise<void> {
    const { clock, settings, onEnd } = this.#options;
    const { line } = holding.claimed;
    const started = this.#started(holding);
    holding.outputBase = started.outputBase;
    const outcome = await this.#execute(holding, started);
    const report = await reportOf(started, outcome, clock.now(), settings.current, holding.relief);
    const isOurs = holding.state !== 'withdrawn';
    if (!isOurs) {
      if (this.#held.get(line) === holding) this.#held.delete(line);
    } else {
      holding.state = 'ended';
      this.#reports.push(report);
    }
    const reported = isOurs ? report.outcome : undefined;
    onEnd(outcome.started ? { ms: outcome.durationMs, outcome: reported } : undefined);
  }

  #started({ claim, claimed, task }: Holding): Started {
    const { clock, outputFolder, settings } = this.#options;
    const { line, attempt } = claimed;
    return {
      line,
      seq: claim.seq,
      worker: claim.worker,
      start: clock.now(),
      timeoutSeconds: task.timeoutSeconds ?? settings.current.default_task_timeout_seconds,
      outputBase: outputBase(outputFolder, taskId(line), attempt, claim.instance, claim.seq),
    };
  }

  async #execute(holding: Holding, started: Started): Promise<AttemptOutcome> {
    const { executor, outputFolder } = this.#options;
    // Withdrawn while it waited for an earlier attempt of the same task.
    if (holding.state !== 'running') return { started: false, durationMs: 0 };
    const outcome = await executor.run({
      taskId: taskId(started.line),
      worker: started.worker,
      attempt: holding.claimed.attempt,
      command: shellCommand(holding.task),
      outputBase: started.outputBase,
      timeoutSeconds: started.timeoutSeconds,
    });
    const message = outcome.notStarted ?? (outcome.diskFull && diskFullMessage(outputFolder));
    this.#startProblem = message ? { message, at: performance.now() } : undefined;
    return outcome;
  }
}
