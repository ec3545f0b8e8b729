/**
 * Workers by protocol alone: no process, no shells. A test decides what they claim, what becomes of
 * it, and which of their calls arrive late, twice or never.
 */
import type { Redis } from 'ioredis';
import { type StoredAttempt, signature } from '../../src/queue/attempt';
import {
  type CycleAnswer,
  type CycleRequest,
  cycle,
  type EndedAttempt,
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

/** A request with everything it carries, its number included. It is the same however often it is sent. */
export interface Call<Answer> {
  readonly seq: number;
  send(): Promise<Answer>;
}

export interface ActorTask extends HeldTask {
  attempt: number;
  needMemoryGb: number;
}

/** How an attempt failed: with `exit 1` unless said otherwise. */
export type Failure = Pick<StoredAttempt, 'exit' | 'signal' | 'timeout' | 'err'>;

/** The room for a claim. Without lanes it only reports. */
interface CycleOptions {
  lanes?: number;
  memoryGb?: number;
  cores?: number;
}

interface ActorOptions {
  instance?: string;
  maxAttempts?: number;
  retryElsewhereMs?: number;
}

let instances = 0;

/** A worker of ours. Calls that it makes itself are numbered in a row; it believes their answers. */
export class Actor {
  readonly holder: Holder;
  readonly maxAttempts: number;
  readonly retryElsewhereMs: number;
  /** What it believes to hold, by line. */
  readonly held = new Map<string, ActorTask>();
  seq = 0;
  cursor = 0;
  /** Number of heartbeats so far: each one says another load. */
  beats = 0;
  readonly #ended: EndedAttempt[] = [];

  constructor(
    readonly queue: Queue,
    readonly name: string,
    { instance = `i${++instances}`, maxAttempts = 4, retryElsewhereMs = 10_000 }: ActorOptions = {},
  ) {
    this.holder = { instance, machine: 'm', boot: 'b', pid: 1, pidStart: String(instances) };
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

  /** The next `cycle` with all ends so far, numbered but not sent. */
  prepareCycle({ lanes = 0, memoryGb = 1000, cores = 1000 }: CycleOptions = {}): Call<CycleAnswer> {
    const request: CycleRequest = {
      worker: this.name,
      instance: this.instance,
      seq: ++this.seq,
      ended: this.#ended.splice(0),
      maxAttempts: this.maxAttempts,
      retryElsewhereMs: this.retryElsewhereMs,
      room: { lanes, memoryGb, cores },
      cursor: this.cursor,
    };
    return { seq: request.seq, send: () => cycle(this.queue, request) };
  }

  /** Believes the answer to a call of its own. Answers the lines that came with it. */
  accept(call: Call<CycleAnswer>, answer: CycleAnswer): string[] {
    if (answer.kind !== 'ok') throw new Error(`the call was answered with ${answer.kind}`);
    this.cursor = answer.cursor;
    for (const { line, attempt, needMemoryGb } of answer.claimed) {
      const { epoch } = answer;
      this.held.set(line, { line, seq: call.seq, runs: true, epoch, attempt, needMemoryGb });
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

  prepareRenew(held: readonly HeldTask[] = [...this.held.values()]): Call<RenewAnswer> {
    const beats = ++this.beats;
    const renewal = {
      worker: this.name,
      holder: this.holder,
      seq: ++this.seq,
      load: `${(beats % 200).toFixed(2)}:200.00:0.83:23.54`,
      details: { beats },
      held: [...held],
    };
    return { seq: renewal.seq, send: () => renew(this.queue, renewal) };
  }

  /** One heartbeat. What the answer takes away is no longer held. */
  async renew(): Promise<RenewAnswer> {
    const answer = await this.prepareRenew().send();
    if (answer.kind === 'ok') for (const line of answer.toEnd) this.held.delete(line);
    return answer;
  }

  leave(): Promise<number> {
    return leave(this.queue, this.name, this.instance);
  }

  #end(
    line: string,
    outcome: EndedAttempt['outcome'],
    value: string,
    how: Partial<StoredAttempt>,
  ): void {
    const task = this.held.get(line);
    if (!task) throw new Error(`${this.name} does not hold ${line}`);
    this.held.delete(line);
    const end = Date.now();
    const record: StoredAttempt = { worker: this.name, start: end - 1500, end, ...how };
    this.#ended.push({
      line,
      seq: task.seq,
      outcome,
      value,
      record: JSON.stringify(record),
      signature: signature(record),
      milliseconds: 1500,
    });
  }
}

/** A worker of the original: one command a step, so that a test can stop it in its gaps. */
export class OriginalActor {
  constructor(
    private readonly redis: Redis,
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
