/**
 * The worker: one loop that carries claims and reports between Redis and the lanes.
 *
 *   working ──TERM, drain, close──▶ draining ──TERM, drain_seconds──▶ stopping ──▶ ended
 *                                      └──────────nothing held─────────────────────┘
 *
 * Everything to Redis is one call at a time (`calls.ts`): `renew` on time, `cycle` when there is
 * something to report or to ask for. Decisions (`room`, `prefetch`, `polling`, `pressure`) are pure.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type CycleAnswer, type CycleRequest, type CycleSigns, cycle } from '../queue/cycle';
import { type Holder, leave, type RenewAnswer, type RenewSigns, renew } from '../queue/membership';
import type { Queue } from '../queue/queue';
import type { AttemptEnd } from './attemptFigures';
import { Calls } from './calls';
import { Duty } from './duty';
import { Heartbeat } from './heartbeat';
import { takeNameAgain } from './identity';
import { Intake } from './intake';
import type { Executor } from './lanes/executor';
import type { LiveConfig } from './liveConfig';
import { MemoryWatch } from './memoryWatch';
import { diskProblem } from './outputFiles';
import { giveBackBuffered } from './prefetch';
import type { RedisClock } from './redisClock';
import { answerRequests } from './requests';
import type { Runner } from './runner';
import type { Wakeable } from './wakeable';
import { Wakeups } from './wakeups';

type Phase = 'working' | 'draining' | 'stopping' | 'ended';

export interface WorkerOptions {
  queue: Queue;
  settings: LiveConfig;
  version: string;
  holder: Holder;
  name: string;
  executor: Executor;
  runner: Runner;
  clock: RedisClock;
  outputFolder: string;
  log: (line: string) => void;
}

const REPORTS_A_CALL = 256;
/** How long a stopping worker tries to tell Redis what it gives back. */
const LAST_WORDS_MS = 10_000;

export class Worker {
  readonly #o: WorkerOptions;
  readonly #wakeable: Wakeable;
  readonly #calls: Calls;
  readonly #duty: Duty;
  readonly #intake: Intake;
  readonly #heartbeat = new Heartbeat();
  readonly #memory: MemoryWatch;
  readonly #wakeups: Wakeups;
  #name: string;
  #phase: Phase = 'working';
  #paused = false;
  #diskProblem: string | undefined;
  #saidProblem: string | undefined;
  /** On the monotonic clock, ms. */
  #renewAt = 0;
  #stopAt = Number.POSITIVE_INFINITY;
  #giveUpAt = Number.POSITIVE_INFINITY;
  /** When the last heartbeat that was answered was sent. */
  #heardAt = performance.now();

  constructor(options: WorkerOptions, wakeable: Wakeable) {
    const { queue, settings, runner, log } = options;
    this.#o = options;
    this.#name = options.name;
    this.#wakeable = wakeable;
    this.#duty = new Duty(queue, settings, log);
    this.#memory = new MemoryWatch(settings, runner, log);
    this.#intake = new Intake({
      settings,
      runner,
      memory: this.#memory,
      heartbeat: this.#heartbeat,
      isOpen: () => this.#phase === 'working' && this.#diskProblem === undefined,
    });
    this.#wakeups = new Wakeups(queue, options.holder.instance, {
      onTasks: () => this.#hurry(() => this.#intake.claiming.wake(performance.now())),
      onRenew: () => this.#hurry(() => this.#renewSoon()),
    });
    this.#calls = new Calls(
      attempt => sleep(Math.min(100 * 2 ** attempt, 2000)),
      log,
      () => this.#givesUp(),
    );
  }

  /** Runs until the worker has ended. */
  async run(): Promise<void> {
    const { settings, runner } = this.#o;
    const intake = this.#intake;
    const listen = () => this.#wakeups.set(settings.current.wakeup);
    settings.onChange(listen);
    listen();
    while (this.#phase !== 'ended') {
      if (performance.now() >= this.#stopAt) this.#stop();
      if (performance.now() >= this.#renewAt) await this.#renew();
      else if (performance.now() >= intake.bufferedUntil) runner.returnBuffered();
      else if (performance.now() >= intake.reportAt || intake.mayClaim()) await this.#cycle();
      else if (this.#phase !== 'working' && runner.running === 0) this.#phase = 'ended';
      else await this.#wakeable.wait(this.#nextMoment() - performance.now());
    }
    await this.#leave();
  }

  /** The first call drains, a second one ends everything that runs. */
  terminate(): void {
    if (this.#phase === 'working')
      this.#drain('Draining: running tasks finish, nothing new starts.');
    else this.#stop();
    this.#wakeable.wake();
  }

  /** An attempt ended, if it ran: its lane takes the next task at once. */
  onEnd(end: AttemptEnd | undefined): void {
    if (end) this.#intake.claiming.ran(end.ms);
    this.#heartbeat.countEnd(end);
    this.#startBuffered();
    this.#wakeable.wake();
  }

  #hurry(act: () => void): void {
    act();
    this.#wakeable.wake();
  }

  #renewSoon(): void {
    this.#renewAt = 0;
  }

  #drain(why: string): void {
    if (this.#phase !== 'working') return;
    this.#phase = 'draining';
    this.#o.log(why);
    this.#o.runner.returnBuffered();
    this.#renewAt = 0;
    const { drain_seconds } = this.#o.settings.current;
    if (drain_seconds > 0) this.#stopAt = performance.now() + drain_seconds * 1000;
  }

  #stop(): void {
    if (this.#phase === 'stopping' || this.#phase === 'ended') return;
    this.#phase = 'stopping';
    this.#stopAt = Number.POSITIVE_INFINITY;
    this.#giveUpAt = performance.now() + LAST_WORDS_MS;
    this.#o.log('Stopping: running tasks are ended and go back to the queue.');
    this.#o.runner.endAll();
  }

  /** A worker that holds nothing any more has nothing that Redis would have to come back for. */
  #givesUp(): boolean {
    const now = performance.now();
    if (this.#phase !== 'working' && this.#o.runner.held().length === 0) {
      this.#giveUpAt = Math.min(this.#giveUpAt, now + LAST_WORDS_MS);
    }
    return now >= this.#giveUpAt;
  }

  #nextMoment(): number {
    const { claimAt, bufferedUntil, reportAt } = this.#intake;
    return Math.min(this.#renewAt, claimAt, this.#stopAt, bufferedUntil, reportAt);
  }

  // Heartbeat ------------------------------------------------------------------------------------------

  async #renew(): Promise<void> {
    const { settings, queue, runner, holder, outputFolder, version } = this.#o;
    [this.#diskProblem] = await Promise.all([diskProblem(outputFolder), settings.refresh()]);
    const config = settings.current;
    this.#sayProblem();
    this.#wakeups.check();
    const memory = this.#memory.latest;
    this.#heartbeat.look(memory, config.min_dram_gb_accept_new_task, runner.running);
    const load = this.#heartbeat.load(memory);
    const counts = { running: runner.running, buffered: runner.buffered.count };
    const about = { pid: holder.pid, version, state: this.#phase, problem: this.#problem() };
    const promised = this.#intake.promise();
    const details = this.#heartbeat.details(config, counts, promised, about);
    const held = runner.held();
    let begunAt = performance.now();
    const answer = await this.#calls.send(seq => {
      begunAt = performance.now();
      return renew(queue, { worker: this.#name, holder, seq, load, details, promised, held });
    });
    this.#renewAt = performance.now() + config.health_report_interval * 1000;
    if (answer) await this.#renewed(answer, begunAt);
  }

  async #renewed(answer: RenewAnswer, begunAt: number): Promise<void> {
    const { queue, clock, runner, log } = this.#o;
    if (answer.kind === 'taken') return this.#rename();
    if (answer.kind === 'stale') return;
    this.#heardAt = begunAt;
    clock.set(answer.nowMs);
    this.#intake.renewed(answer, begunAt);
    for (const line of answer.toEnd) {
      log(`No longer ours, ended: ${line}`);
      runner.withdraw(line);
    }
    void answerRequests(queue, answer.requests, line => runner.runningOutput(line));
    if (answer.onDuty) this.#duty.perform(answer);
    if (answer.draining) this.#drain('Asked to end: running tasks finish, nothing new starts.');
    this.#obey(answer);
  }

  /** Our name is another's: what stands under it is still ours by its tokens. */
  async #rename(): Promise<void> {
    const { queue, holder, clock, log } = this.#o;
    const answer = await this.#calls.send(() => takeNameAgain(queue, holder, this.#name));
    if (answer?.kind !== 'taken_by_us') return;
    log(
      answer.worker === this.#name
        ? `Redis knew ${this.#name} as it was before this start. The name is this one's again.`
        : `${this.#name} is another worker's name now. This one goes on as ${answer.worker}.`,
    );
    this.#name = answer.worker;
    clock.set(answer.nowMs);
    this.#renewAt = 0;
  }

  // Claims and reports -----------------------------------------------------------------------------------

  async #cycle(): Promise<void> {
    const { queue, runner } = this.#o;
    // What ends in the same turn of the event loop travels in the same call.
    await nextTurn();
    const request = this.#request();
    const begunAt = performance.now();
    const { ended, started, room } = request;
    let number = 0;
    const answer = await this.#calls.send(seq => {
      number = seq;
      return cycle(queue, { ...request, seq });
    });
    this.#intake.settled();
    if (!answer || answer.kind === 'stale') return;
    if (answer.kind === 'unregistered') {
      this.#renewAt = 0;
      return;
    }
    runner.acknowledge(started, ended);
    this.#intake.answered(answer, room, ended.length, performance.now() - begunAt);
    this.#answered(answer, number);
  }

  /** Without `pipeline`, one report or one claim. */
  #request(): Omit<CycleRequest, 'seq'> {
    const { settings, holder, runner } = this.#o;
    const { pipeline, max_retry_per_task, retry_elsewhere_seconds, attempt_records } =
      settings.current;
    const ended = runner.reports.slice(0, pipeline ? REPORTS_A_CALL : 1);
    return {
      worker: this.#name,
      instance: holder.instance,
      machine: holder.machine,
      started: [...runner.starts],
      ended,
      maxAttempts: Math.max(1, max_retry_per_task),
      retryElsewhereMs: retry_elsewhere_seconds * 1000,
      lastRecordAlone: attempt_records === 'last',
      ...this.#intake.ask(ended.length),
    };
  }

  #answered(answer: CycleAnswer & { kind: 'ok' }, seq: number): void {
    const { holder, runner } = this.#o;
    const claim = { worker: this.#name, instance: holder.instance, seq, epoch: answer.epoch };
    const mayStart = !this.#mayBeLost && !this.#intake.mayBeStopped;
    for (const task of answer.claimed) {
      runner.accept(claim, { ...task, starts: task.starts && mayStart });
    }
    this.#obey(answer);
    this.#startBuffered();
  }

  /** It gave no sign of life for so long (it was frozen, or Redis away) that others may have what it holds. */
  get #mayBeLost(): boolean {
    const { worker_dead_seconds } = this.#o.settings.current;
    return performance.now() - this.#heardAt >= worker_dead_seconds * 1000;
  }

  #startBuffered(): void {
    if (this.#mayBeLost) this.#o.runner.returnBuffered();
    this.#intake.startBuffered();
    this.#memory.watch();
  }

  /** What an answer says besides tasks. */
  #obey(signs: RenewSigns | CycleSigns): void {
    const { runner, log } = this.#o;
    if (signs.closed)
      this.#drain('The queue was closed: running tasks finish, then this worker ends.');
    if (signs.paused !== this.#paused) {
      this.#paused = signs.paused;
      log(signs.paused ? 'The queue is paused: nothing new starts.' : 'The queue goes on.');
    }
    const { count, since } = runner.buffered;
    const reason = giveBackBuffered({
      buffered: count,
      oldestMs: since === undefined ? 0 : performance.now() - since,
      todo: signs.todo,
      othersIdle: signs.othersIdle,
      latencyMs: this.#intake.claiming.latencyMs,
      paused: signs.paused,
      overLimit: signs.untilLimit !== undefined && signs.untilLimit < 0,
      draining: this.#phase !== 'working',
      pressure: this.#memory.isShort,
      higherPriority: 'higher' in signs && (signs.higher || signs.keepsFree),
    });
    if (reason !== undefined) runner.returnBuffered();
  }

  // What people are told -----------------------------------------------------------------------------------

  #problem(): string | undefined {
    return this.#diskProblem ?? this.#o.runner.startProblem?.message;
  }

  #sayProblem(): void {
    const problem = this.#problem();
    if (problem === this.#saidProblem) return;
    this.#o.log(problem ?? 'Ready again: tasks are claimed.');
    this.#saidProblem = problem;
  }

  async #leave(): Promise<void> {
    const { queue, executor, holder, log } = this.#o;
    this.#wakeups.stop();
    this.#memory.stop();
    await this.#duty.done();
    await executor.close();
    this.#giveUpAt = Math.min(this.#giveUpAt, performance.now() + LAST_WORDS_MS);
    const returned = await this.#calls.send(() => leave(queue, this.#name, holder.instance));
    if (returned === undefined) log('Redis does not answer: it will find this worker lost.');
    log('Ended.');
  }
}
