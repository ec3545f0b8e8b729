/**
 * Workers by protocol alone: no process, no shells. A test decides what they claim, what becomes of
 * it, and which of their calls arrive late, twice or never.
 */

import { type StoredAttempt, signature } from '../../src/queue/attempt';
import type { RedisConnection } from '../../src/queue/connection';
import {
  type ClaimRoom,
  type CycleAnswer,
  type CycleRequest,
  cycle,
  type EndedAttempt,
  type Promised,
} from '../../src/queue/cycle';
import {
  type HeldTask,
  type Holder,
  leave,
  printHolder,
  type Registration,
  type RenewAnswer,
  register,
  renew,
} from '../../src/queue/membership';
import type { Queue } from '../../src/queue/queue';
import type { WorkerDetails } from '../../src/queue/workerDetails';

/** A request with everything it carries, its number included. It is the same however often it is sent. */
export interface Call<Answer> {
  readonly seq: number;
  send(): Promise<Answer>;
}

/** A `cycle`, with what rides on it. */
export interface CycleCall extends Call<CycleAnswer> {
  readonly started: readonly Started[];
  readonly ended: readonly Ended[];
}

type Started = CycleRequest['started'][number];

/** A report, and the task as it was held. */
interface Ended {
  readonly task: ActorTask;
  readonly report: EndedAttempt;
}

export interface ActorTask extends HeldTask {
  attempt: number;
  needMemoryGb: number;
}

/** How an attempt failed: with `exit 1` unless said otherwise. */
export type Failure = Pick<StoredAttempt, 'exit' | 'signal' | 'timeout' | 'err'>;

/** The room for a claim. Without lanes and buffer it only reports. */
export interface CycleOptions {
  lanes?: number;
  memoryGb?: number;
  cores?: number;
  /** Tasks to be claimed besides, and not started yet. */
  buffer?: number;
  /** What it could give with nothing else running; what it has now if not given. */
  capacity?: { memoryGb: number; cores: number };
  bigTaskWaitMs?: number;
  /** All of the room, instead of the above. */
  room?: ClaimRoom;
}

interface ActorOptions {
  instance?: string;
  machine?: string;
  lanes?: number;
  capacityGb?: number;
  maxAttempts?: number;
  retryElsewhereMs?: number;
}

let instances = 0;

/** A worker of ours. Calls that it makes itself are numbered in a row; it believes their answers. */
export class Actor {
  readonly holder: Holder;
  readonly lanes: number;
  readonly capacityGb: number;
  readonly maxAttempts: number;
  readonly retryElsewhereMs: number;
  /** What it believes to hold, by line. */
  readonly held = new Map<string, ActorTask>();
  seq = 0;
  cursor = 0;
  /** Number of heartbeats so far: each one says another load. */
  beats = 0;
  readonly #ended: Ended[] = [];
  readonly #started: Started[] = [];
  #promise = '';

  constructor(
    readonly queue: Queue,
    /** Another one once this one was found to be another's. */
    public name: string,
    options: ActorOptions = {},
  ) {
    const { instance = `i${++instances}`, machine = name, lanes = 8, capacityGb = 1000 } = options;
    const { maxAttempts = 4, retryElsewhereMs = 10_000 } = options;
    this.holder = { instance, machine, boot: 'b', pid: 1, pidStart: String(instances) };
    this.lanes = lanes;
    this.capacityGb = capacityGb;
    this.maxAttempts = maxAttempts;
    this.retryElsewhereMs = retryElsewhereMs;
  }

  /** A worker that has its name and one heartbeat. */
  static async start(queue: Queue, name: string, options?: ActorOptions): Promise<Actor> {
    const actor = new Actor(queue, name, options);
    const answer = await actor.register();
    if (!answer.registered) throw new Error(`${name} is held by ${answer.held}`);
    await actor.renew();
    return actor;
  }

  get instance(): string {
    return this.holder.instance;
  }

  get lines(): string[] {
    return [...this.held.keys()];
  }

  register(gone?: string): Promise<Registration> {
    return register(this.queue, this.name, this.holder, gone);
  }

  /** Takes the name of an instance that is gone. */
  takeOver(from: Actor): Promise<Registration> {
    return this.register(printHolder(from.holder));
  }

  get #buffered(): ActorTask[] {
    return [...this.held.values()].filter(task => !task.runs);
  }

  /** What it promised to what it runs. */
  get promised(): Promised {
    const running = [...this.held.values()].filter(task => task.runs);
    return {
      memoryGb: running.reduce((sum, task) => sum + task.needMemoryGb, 0),
      cores: running.reduce((sum, task) => sum + Number(task.line.split(':')[3]), 0),
    };
  }

  /** What it tells of itself. */
  get details(): WorkerDetails {
    return {
      pid: this.holder.pid,
      version: '0.0.0',
      state: 'working',
      lanes: this.lanes,
      capacity_gb: this.capacityGb,
      spare_gb: this.capacityGb,
      promised_gb: this.promised.memoryGb,
      promised_cores: this.promised.cores,
      running: this.held.size - this.#buffered.length,
      buffered: this.#buffered.length,
      rate: 0,
      ended: 0,
      failed: 0,
      recent_ended: 0,
      recent_failed: 0,
      switches: { prefetch: 4 },
    };
  }

  /** A buffered task starts; the next `cycle` says so. */
  begin(line: string): void {
    const task = this.held.get(line);
    if (!task || task.runs) throw new Error(`${this.name} has not buffered ${line}`);
    task.runs = true;
    this.#started.push({ line, seq: task.seq });
  }

  /** Ends that ride on the next `cycle`. The task is no longer held, as in a real worker. */
  finish(line: string, output = ''): void {
    this.#end(line, 'finished', JSON.stringify(output), { exit: 0, out: output });
  }

  fail(line: string, failure: Failure = { exit: 1 }): void {
    this.#end(line, 'failed', JSON.stringify(failure.err ?? ''), failure);
  }

  giveBack(line: string): void {
    this.#end(line, 'returned', '', {});
  }

  /** Ended to save its host's memory, when it took so much. */
  giveBackForMemory(line: string, peakGb: number): void {
    this.#end(line, 'memory', '"needs more memory"', { signal: 'SIGKILL' }, peakGb);
  }

  /** The next `cycle` with all ends so far, numbered but not sent. */
  prepareCycle(options: CycleOptions = {}): CycleCall {
    const { lanes = 0, memoryGb = 1000, cores = 1000, buffer = 0 } = options;
    const { capacity = { memoryGb, cores }, bigTaskWaitMs = 60_000 } = options;
    const priorities = this.#buffered.map(({ line }) => Number(line.split(':')[1]));
    const started = this.#started.splice(0);
    const ended = this.#ended.splice(0);
    const request: CycleRequest = {
      worker: this.name,
      instance: this.instance,
      machine: this.holder.machine,
      seq: ++this.seq,
      started,
      ended: ended.map(({ report }) => report),
      maxAttempts: this.maxAttempts,
      retryElsewhereMs: this.retryElsewhereMs,
      lastRecordAlone: false,
      bigTaskWaitMs,
      room: options.room ?? {
        start: { tasks: lanes, memoryGb, cores },
        buffer: { tasks: buffer, memoryGb, cores },
        freed: { memoryGb, cores },
        bufferedPriority: priorities.length > 0 ? Math.min(...priorities) : undefined,
        capacity,
        unpromisedGb: memoryGb,
      },
      promised: this.promised,
      toldPromise: this.#promise,
      cursor: this.cursor,
    };
    return { seq: request.seq, started, ended, send: () => cycle(this.queue, request) };
  }

  /** A call that was refused: what rode on it rides on the next one. */
  takeBack({ started, ended }: CycleCall): void {
    this.#started.unshift(...started);
    this.#ended.unshift(...ended);
  }

  /** What has ended, and rides on the next `cycle`. */
  get unreported(): ActorTask[] {
    return this.#ended.map(({ task }) => task);
  }

  /** Believes the answer to a call of its own. Answers the lines that came with it. */
  accept(call: Call<CycleAnswer>, answer: CycleAnswer): string[] {
    if (answer.kind !== 'ok') throw new Error(`the call was answered with ${answer.kind}`);
    this.cursor = answer.cursor;
    this.#promise = answer.promise ?? '';
    for (const { line, attempt, needMemoryGb, starts } of answer.claimed) {
      const { epoch } = answer;
      this.held.set(line, { line, seq: call.seq, runs: starts, epoch, attempt, needMemoryGb });
    }
    return answer.claimed.map(task => task.line);
  }

  /** Reports all ends so far and claims as much as the room takes. Answers the claimed lines. */
  async cycle(options?: CycleOptions): Promise<string[]> {
    const call = this.prepareCycle(options);
    return this.accept(call, await call.send());
  }

  claim(lanes: number, room: Omit<CycleOptions, 'lanes'> = {}): Promise<string[]> {
    return this.cycle({ lanes, ...room });
  }

  /** Claims until nothing comes any more, and finishes all of it. Answers how many tasks there were. */
  async drain(lanes = 100): Promise<number> {
    for (let finished = 0; ; ) {
      const lines = await this.claim(lanes);
      if (lines.length === 0) return finished;
      for (const line of lines) this.finish(line);
      await this.cycle();
      finished += lines.length;
    }
  }

  /** What has ended is held until it is reported. */
  prepareRenew(
    held: readonly HeldTask[] = [...this.held.values(), ...this.unreported],
  ): Call<RenewAnswer> {
    const beats = ++this.beats;
    const renewal = {
      worker: this.name,
      holder: this.holder,
      seq: ++this.seq,
      load: `${(beats % 200).toFixed(2)}:200.00:0.83:23.54`,
      details: this.details,
      promised: this.promised,
      held: [...held],
    };
    return { seq: renewal.seq, send: () => renew(this.queue, renewal) };
  }

  /** One heartbeat. What the answer takes away is no longer held. */
  async renew(): Promise<RenewAnswer> {
    const answer = await this.prepareRenew().send();
    this.acceptRenewal(answer);
    return answer;
  }

  /** Believes the answer to a heartbeat of its own: nothing is reported of what it takes away. */
  acceptRenewal(answer: RenewAnswer): void {
    if (answer.kind !== 'ok') return;
    this.#promise = answer.promise;
    for (const line of answer.toEnd) {
      this.held.delete(line);
      const at = this.#ended.findIndex(({ task }) => task.line === line);
      if (at >= 0) this.#ended.splice(at, 1);
    }
  }

  leave(): Promise<number> {
    return leave(this.queue, this.name, this.instance);
  }

  #end(
    line: string,
    outcome: EndedAttempt['outcome'],
    value: string,
    how: Partial<StoredAttempt>,
    peakGb = 0,
  ): void {
    const task = this.held.get(line);
    if (!task) throw new Error(`${this.name} does not hold ${line}`);
    this.held.delete(line);
    const end = Date.now();
    const record: StoredAttempt = { worker: this.name, start: end - 1500, end, ...how };
    const report: EndedAttempt = {
      line,
      seq: task.seq,
      outcome,
      value,
      record: JSON.stringify(record),
      signature: signature(record),
      milliseconds: 1500,
      peakGb,
    };
    this.#ended.push({ task, report });
  }
}

/** A worker of the original: one command a step, so that a test can stop it in its gaps. */
export class OriginalActor {
  constructor(
    private readonly redis: RedisConnection,
    readonly name: string,
  ) {}

  /** First step of its claim. Answers whether the task was there. */
  async takeFromTodo(line: string): Promise<boolean> {
    return (await this.redis.hdel('todo_tasks', line)) === 1;
  }

  /** Second step of its claim. It asserts that this adds a field. */
  async putInProgress(line: string): Promise<void> {
    const added = await this.redis.hset('in_progress_tasks', line, this.name);
    if (added !== 1) throw new Error(`${this.name} asserts: ${line} was in progress already`);
  }

  async claim(line: string): Promise<void> {
    if (await this.takeFromTodo(line)) await this.putInProgress(line);
  }

  /** It writes the result without asking whose task it is. */
  async finish(line: string, output = ''): Promise<void> {
    await this.redis.hset('finished_tasks', line, `${this.name}: ${JSON.stringify(output)}`);
    await this.redis.hdel('in_progress_tasks', line);
  }

  /** One failure with attempts left: for a moment the task is only in `failed_tasks`. */
  async fail(line: string): Promise<void> {
    const before = (await this.redis.hget('failed_tasks', line)) ?? '';
    await this.redis.hset('failed_tasks', line, `${before}${this.name},`);
    await this.redis.hset('task_fail_reason', line, '""');
    await this.redis.hdel('in_progress_tasks', line);
    await this.redis.hset('todo_tasks', line, '');
  }
}
