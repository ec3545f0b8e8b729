/**
 * The worker: one loop that carries claims and reports between Redis and the lanes.
 *
 *   working ──TERM, close──▶ draining ──TERM, drain_seconds──▶ stopping ──▶ ended
 *                               └──────────nothing runs──────────────────────┘
 *
 * Everything to Redis is one call at a time (`calls.ts`): `renew` on time, `cycle` when there is
 * something to report or to ask for. Decisions (`room.ts`, `polling.ts`) are pure.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema';
import { CoreMeter, cores } from '../host/cores';
import { type Memory, memory } from '../host/memory';
import { type CycleAnswer, cycle } from '../queue/cycle';
import { type Holder, leave, type RenewAnswer, renew } from '../queue/membership';
import type { Queue } from '../queue/queue';
import { Calls } from './calls';
import { Duty } from './duty';
import { takeName } from './identity';
import type { Executor } from './lanes/executor';
import { diskProblem } from './outputFiles';
import { nextWait } from './polling';
import type { RedisClock } from './redisClock';
import { NO_ROOM, type Room, roomLeft } from './room';
import type { Runner } from './runner';
import type { Wakeable } from './wakeable';

type Phase = 'working' | 'draining' | 'stopping' | 'ended';

export interface WorkerOptions {
  queue: Queue;
  config: Config;
  version: string;
  holder: Holder;
  name: string;
  executor: Executor;
  runner: Runner;
  clock: RedisClock;
  outputFolder: string;
  log: (line: string) => void;
}

/** After an attempt that could not be started, nothing is claimed for so long. */
const START_PROBLEM_MS = 5000;
const REPORTS_A_CALL = 256;
/** How long a stopping worker tries to tell Redis what it gives back. */
const LAST_WORDS_MS = 10_000;

export class Worker {
  readonly #o: WorkerOptions;
  readonly #wakeable: Wakeable;
  readonly #calls: Calls;
  readonly #duty: Duty;
  readonly #coreMeter = new CoreMeter();
  #name: string;
  #phase: Phase = 'working';
  #memory: Memory = { totalGb: 0, availableGb: 0 };
  #diskProblem: string | undefined;
  #saidProblem: string | undefined;
  #emptyClaims = 0;
  #cursor = 0;
  /** On the monotonic clock, ms. */
  #renewAt = 0;
  #claimAt = 0;
  #stopAt = Number.POSITIVE_INFINITY;
  #giveUpAt = Number.POSITIVE_INFINITY;

  constructor(options: WorkerOptions, wakeable: Wakeable) {
    this.#o = options;
    this.#name = options.name;
    this.#wakeable = wakeable;
    this.#duty = new Duty(options.queue, options.config.worker_dead_seconds, options.log);
    this.#calls = new Calls(
      attempt => sleep(Math.min(100 * 2 ** attempt, 2000)),
      options.log,
      () => this.#givesUp(),
    );
  }

  /** Runs until the worker has ended. */
  async run(): Promise<void> {
    while (this.#phase !== 'ended') {
      if (performance.now() >= this.#stopAt) this.#stop();
      if (performance.now() >= this.#renewAt) await this.#renew();
      else if (this.#mustReport() || this.#mayClaim()) await this.#cycle();
      else if (this.#phase !== 'working' && this.#o.runner.running === 0) this.#phase = 'ended';
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

  #drain(why: string): void {
    if (this.#phase !== 'working') return;
    this.#phase = 'draining';
    this.#o.log(why);
    this.#renewAt = 0;
    const { drain_seconds } = this.#o.config;
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

  #mustReport(): boolean {
    return this.#o.runner.reports.length > 0;
  }

  #mayClaim(): boolean {
    return performance.now() >= this.#claimAt && this.#room().lanes > 0;
  }

  #nextMoment(): number {
    const claimAt = this.#room().lanes > 0 ? this.#claimAt : Number.POSITIVE_INFINITY;
    return Math.min(this.#renewAt, claimAt, this.#stopAt);
  }

  #room(): Room {
    const { config, runner } = this.#o;
    if (this.#phase !== 'working' || this.#diskProblem !== undefined) return NO_ROOM;
    const { startProblem } = runner;
    if (startProblem && performance.now() - startProblem.at < START_PROBLEM_MS) return NO_ROOM;
    const limits = {
      lanes: config.max_task_per_worker,
      totalMemoryGb: this.#memory.totalGb,
      cores: cores(),
      acceptAboveGb: config.min_dram_gb_accept_new_task,
    };
    return roomLeft(limits, runner.needs(), this.#memory.availableGb);
  }

  async #renew(): Promise<void> {
    const { config, queue, runner, holder, outputFolder } = this.#o;
    this.#memory = await memory();
    this.#diskProblem = await diskProblem(outputFolder);
    this.#sayProblem();
    const held = runner.held();
    const load = this.#load();
    const details = this.#details();
    const answer = await this.#calls.send(seq =>
      renew(queue, { worker: this.#name, holder, seq, load, details, held }),
    );
    this.#renewAt = performance.now() + config.health_report_interval * 1000;
    if (answer) await this.#renewed(answer);
  }

  async #renewed(answer: RenewAnswer): Promise<void> {
    const { clock, runner, log } = this.#o;
    if (answer.kind === 'taken') return this.#rename();
    if (answer.kind === 'stale') return;
    clock.set(answer.nowMs);
    for (const line of answer.toEnd) {
      log(`No longer ours, ended: ${line}`);
      runner.withdraw(line);
    }
    if (answer.onDuty) this.#duty.perform();
  }

  /** Our name is another's: what stands under it is still ours by its tokens. */
  async #rename(): Promise<void> {
    const { queue, holder, clock, log } = this.#o;
    const answer = await takeName(queue, holder, undefined);
    if (answer.kind !== 'taken_by_us') return;
    log(`${this.#name} is another worker's name now. This one goes on as ${answer.worker}.`);
    this.#name = answer.worker;
    clock.set(answer.nowMs);
    this.#renewAt = 0;
  }

  async #cycle(): Promise<void> {
    const { queue, config, holder, runner } = this.#o;
    // What ends in the same turn of the event loop travels in the same call.
    await sleep(0);
    const ended = runner.reports.slice(0, REPORTS_A_CALL);
    const room = this.#mayClaim() || ended.length > 0 ? this.#room() : NO_ROOM;
    let number = 0;
    const answer = await this.#calls.send(seq => {
      number = seq;
      return cycle(queue, {
        worker: this.#name,
        instance: holder.instance,
        seq,
        ended,
        maxAttempts: Math.max(1, config.max_retry_per_task),
        retryElsewhereMs: config.retry_elsewhere_seconds * 1000,
        room,
        cursor: this.#cursor,
      });
    });
    if (!answer || answer.kind === 'stale') return;
    if (answer.kind === 'unregistered') this.#renewAt = 0;
    else {
      runner.acknowledge(ended);
      this.#claimed(answer, number, room, ended.length);
    }
  }

  #claimed(answer: CycleAnswer & { kind: 'ok' }, seq: number, room: Room, reported: number): void {
    const { holder, runner, config } = this.#o;
    this.#cursor = answer.cursor;
    const claim = { worker: this.#name, instance: holder.instance, seq, epoch: answer.epoch };
    for (const task of answer.claimed) runner.start(claim, task);
    if (answer.closed)
      this.#drain('The queue was closed: running tasks finish, then this worker ends.');
    if (reported > 0) this.#emptyClaims = 0;
    if (room.lanes === 0) return;
    if (answer.claimed.length > 0 || answer.cursor > 0) {
      this.#emptyClaims = 0;
      this.#claimAt = performance.now();
      if (answer.claimed.length > 0) return;
    }
    const polling = {
      adaptive: config.adaptive_polling,
      fixedMs: config.sleep_sec_between_accepting_task * 1000,
    };
    this.#claimAt = performance.now() + nextWait(polling, this.#emptyClaims++, Math.random());
  }

  #problem(): string | undefined {
    return this.#diskProblem ?? this.#o.runner.startProblem?.message;
  }

  #sayProblem(): void {
    const problem = this.#problem();
    if (problem === this.#saidProblem) return;
    this.#o.log(problem ?? 'Ready again: tasks are claimed.');
    this.#saidProblem = problem;
  }

  #load(): string {
    const { totalGb, availableGb } = this.#memory;
    const values = [this.#coreMeter.read(), cores(), totalGb - availableGb, totalGb];
    return values.map(value => Math.max(0, value).toFixed(2)).join(':');
  }

  #details(): object {
    const { config, holder, runner, version } = this.#o;
    const problem = this.#problem();
    return {
      pid: holder.pid,
      version,
      lanes: config.max_task_per_worker,
      running: runner.running,
      state: this.#phase,
      switches: { lanes: config.lanes, adaptive_polling: config.adaptive_polling },
      ...(problem === undefined ? {} : { problem }),
    };
  }

  async #leave(): Promise<void> {
    const { queue, executor, holder, log } = this.#o;
    await this.#duty.done();
    await executor.close();
    this.#giveUpAt = Math.min(this.#giveUpAt, performance.now() + LAST_WORDS_MS);
    const returned = await this.#calls.send(() => leave(queue, this.#name, holder.instance));
    if (returned === undefined) log('Redis does not answer: it will find this worker lost.');
    log('Ended.');
  }
}
