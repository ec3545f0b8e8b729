/** The original's worker: its main loop, its heartbeat, its memory monitor and its task processes. */
import assert from 'node:assert/strict';
import type { RedisConnection } from '../../../src/queue/connection';
import { hdel, hget, hgetall, hlen, hrandfield, hscan, hset } from './roundTrips';
import { Killed, type Pause, type Steps, Strand } from './strand';
import { CLOSE_FIELD, CLOSE_LINE, type OriginalTask, readTask } from './task';
import { type Outcome, type Reporter, reportFailed, TaskProcess } from './taskProcess';

/** Those keys of its `conf.json` that a worker acts on, as it is shipped. */
const CONF = {
  min_dram_gb_accept_new_task: 80,
  min_dram_gb_trigger_return: 40,
  sleep_sec_between_accepting_task: 2,
  health_report_interval: 2,
  max_task_per_worker: 32,
  max_retry_per_task: 4,
};

/** What it measures. Nothing is measured here: a test says it, and may change it at any time. */
export interface Host {
  usedCores: number;
  cores: number;
  usedGb: number;
  totalGb: number;
}

export interface OriginalWorkerOptions {
  conf?: Partial<typeof CONF>;
  host?: Host;
  /** It takes nothing while fewer cores are free. */
  freeCores?: number;
  /** How long one of its seconds takes in `run`, in ms. */
  secondMs?: number;
  /** The clock of its host, in seconds. */
  now?: () => number;
  /** What its tasks find in their environment, besides this process's. */
  environment?: Readonly<Record<string, string>>;
}

/**
 * Stepped by a test, strand by strand: `main`, `heartbeat`, `monitor`, and the `report` of each of its
 * `processes` once the test has said how its command ended (`end`). Or `run` in real time, with real
 * shells. Either way, all it does to Redis is what the original does, in its order.
 *
 * A traceback in `main` ends that alone: the other threads keep the process up, and it looks alive.
 */
export class OriginalWorker implements Reporter {
  readonly name: string;
  readonly maxAttempts: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly main: Strand;
  readonly heartbeat: Strand;
  readonly monitor: Strand;
  host: Host;
  readonly #conf: typeof CONF;
  readonly #freeCores: number;
  readonly #secondMs: number;
  readonly #now: () => number;
  #processes: TaskProcess[] = [];
  /** Its own book of what runs, most recent last. Reports do not touch it; `#reap` does, later. */
  readonly #inProgress = new Map<string, TaskProcess>();
  #promisedGb = 0;
  #closed = false;
  #inRealTime = false;

  constructor(
    readonly redis: RedisConnection,
    hostName: string,
    options: OriginalWorkerOptions = {},
  ) {
    this.name = hostName.split('.')[0] ?? '';
    this.#conf = { ...CONF, ...options.conf };
    this.maxAttempts = this.#conf.max_retry_per_task;
    this.host = options.host ?? { usedCores: 0, cores: 64, usedGb: 0, totalGb: 256 };
    this.#freeCores = options.freeCores ?? 2;
    this.#secondMs = options.secondMs ?? 1000;
    this.environment = options.environment ?? {};
    this.#now = options.now ?? (() => Date.now() / 1000);
    this.main = new Strand(redis, this.#mainLoop());
    this.heartbeat = new Strand(redis, this.#beat());
    this.monitor = new Strand(redis, this.#watchMemory());
  }

  /** Its tasks whose command runs or whose report is not done. */
  get processes(): TaskProcess[] {
    this.#processes = this.#processes.filter(process => process.alive);
    return this.#processes;
  }

  /** All that could make a round trip now. */
  get ready(): Strand[] {
    const reports = this.processes.flatMap(({ report }) => report ?? []);
    return [this.main, this.heartbeat, this.monitor, ...reports].filter(strand => strand.next);
  }

  /** Says how the command of a task ended, and answers the strand of its report. */
  end(line: string, outcome: Outcome): Strand {
    const process = this.processes.find(({ task, report }) => task.line === line && !report);
    process?.end(outcome);
    if (!process?.report) throw new Error(`${this.name} does not run ${line}`);
    return process.report;
  }

  /**
   * Works in real time until it was closed, or stopped by `die` or `stop`.
   * @throws with the traceback of its main loop. Heartbeat, monitor and tasks go on: `stop` it.
   */
  async run(): Promise<void> {
    this.#inRealTime = true;
    for (const process of this.processes) this.#runProcess(process);
    // What ends one of these shows in its `error`, and ends nothing else.
    const threads = [this.heartbeat, this.monitor].map(thread => thread.run().catch(() => {}));
    try {
      await this.main.run();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    await Promise.all(threads);
  }

  /** Its Python is killed. Its task processes live on, and report when their commands end. */
  die(): void {
    for (const thread of [this.main, this.heartbeat, this.monitor]) thread.kill();
  }

  /** All of it is killed, commands included. */
  stop(): void {
    this.die();
    for (const process of this.processes) process.kill();
  }

  *#mainLoop(): Steps {
    yield this.#pause(2);
    yield* this.#takeBack();
    for (let closing = false; !closing; ) {
      const task = yield* this.#claim();
      // By the line: whoever claims what an earlier close left behind ends as well.
      closing = task?.line === CLOSE_LINE;
      if (task) this.#start(task);
      if (!this.#takesMore()) yield { ...this.#pause(8), until: () => this.#takesMore() };
      yield this.#pause(this.#conf.sleep_sec_between_accepting_task);
      this.#reap();
    }
    if (!this.#idle()) yield { ...this.#pause(2), until: () => this.#idle() };
    this.#closed = true;
  }

  /** What runs under its name is what it ran before it was started again, it thinks. */
  *#takeBack(): Steps {
    for (const [line, worker] of yield* hscan('in_progress_tasks')) {
      if (worker === this.name) yield* this.#giveBack(line);
    }
  }

  *#giveBack(line: string): Steps {
    const worker = yield* hget('in_progress_tasks', line);
    assert(worker === this.name, 'report task finish, but task is not assigned to worker');
    yield* hdel('in_progress_tasks', line);
    yield* hset('todo_tasks', line, '');
  }

  *#claim(): Steps<OriginalTask | undefined> {
    const many = (yield* hlen('todo_tasks')) > 1000;
    const todo = yield* many ? hrandfield('todo_tasks', 20) : hgetall('todo_tasks');
    if (todo.has(CLOSE_FIELD)) return readTask(CLOSE_LINE);

    const failed = yield* hgetall('failed_tasks');
    const notFailedHere = [...todo.keys()].filter(line => !failed.get(line)?.includes(this.name));
    const candidates = notFailedHere
      .map(readTask)
      .filter(task => this.#fits(task))
      .sort((a, b) => Number(b.priority) - Number(a.priority));
    for (const task of candidates) {
      if ((yield* hdel('todo_tasks', task.line)) !== 1) continue;
      const added = yield* hset('in_progress_tasks', task.line, this.name);
      assert(added === 1, `task set in_progress error, task ${task.line}`);
      return task;
    }
    return undefined;
  }

  /** @throws as Python does when it compares with the number of a line that did not split. */
  #fits({ memoryGb, line }: OriginalTask): boolean {
    if (memoryGb === undefined) throw new TypeError(`memory of ${line} is None, not a number`);
    return memoryGb <= Math.min(this.#freeGb, this.host.totalGb - this.#promisedGb);
  }

  get #freeGb(): number {
    return this.host.totalGb - this.host.usedGb;
  }

  #takesMore(): boolean {
    this.#reap();
    const { min_dram_gb_accept_new_task: minGb, max_task_per_worker: maxTasks } = this.#conf;
    return (
      this.#freeGb >= minGb &&
      this.host.totalGb - this.#promisedGb >= minGb &&
      this.#inProgress.size < maxTasks &&
      this.host.cores - this.host.usedCores >= this.#freeCores
    );
  }

  #start(task: OriginalTask): void {
    const process = new TaskProcess(task, this);
    this.#processes.push(process);
    this.#inProgress.delete(task.line);
    this.#inProgress.set(task.line, process);
    this.#promisedGb += task.memoryGb ?? 0;
    if (this.#inRealTime) this.#runProcess(process);
  }

  #runProcess(process: TaskProcess): void {
    // A process of its own: what goes wrong there shows in its report's `error` alone.
    void process.run().catch(() => {});
  }

  #reap(): void {
    for (const [line, { alive, task }] of this.#inProgress) {
      if (alive) continue;
      this.#inProgress.delete(line);
      this.#promisedGb -= task.memoryGb ?? 0;
    }
  }

  #idle(): boolean {
    this.#reap();
    return this.#inProgress.size === 0;
  }

  *#beat(): Steps {
    yield this.#pause(2);
    while (!this.#closed) {
      yield this.#pause(2);
      const { usedCores, cores, usedGb, totalGb } = this.host;
      const load = [usedCores, cores, usedGb, totalGb].map(value => value.toFixed(2));
      const seconds = Math.round(this.#now());
      yield* hset('worker_status', this.name, [seconds, ...load].join(':'));
      yield this.#pause(this.#conf.health_report_interval);
    }
  }

  *#watchMemory(): Steps {
    const short = () => this.#freeGb < this.#conf.min_dram_gb_trigger_return;
    const due = () => this.#closed || (short() && this.#mostRecent?.alive === true);
    for (;;) {
      yield { ...this.#pause(4), until: due };
      if (this.#closed || !this.#mostRecent) return;
      yield* this.#returnTask(this.#mostRecent);
    }
  }

  get #mostRecent(): TaskProcess | undefined {
    return [...this.#inProgress.values()].at(-1);
  }

  *#returnTask(process: TaskProcess): Steps {
    const { line, memoryGb = 0 } = process.task;
    process.kill();
    this.#promisedGb -= memoryGb;
    try {
      if (this.#inProgress.size > 1) yield* this.#giveBack(line);
      else yield* reportFailed(this, line, `require too much dram (worker ${this.name})`);
      this.#inProgress.delete(line);
    } catch {
      // Written to its log. The task stays in its book until the next `#reap`, its memory goes twice.
    }
  }

  #pause(seconds: number): Pause {
    return { pauseMs: seconds * this.#secondMs };
  }
}
