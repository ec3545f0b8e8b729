/**
 * The original Python tool as a test peer: what its worker and its manager send to Redis, told as
 * sequences in which every `yield` is one round trip. A test sends them one by one, and may do
 * anything in between, or lets them run in real time. `docs/original.md` tells what it does and why.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../../../src/queue/connection';

/** What one round trip sends: a command, or several in MULTI and EXEC. */
export type Command = readonly string[] | { readonly transaction: readonly (readonly string[])[] };

/** Waiting between round trips. With `until`, again and again until that holds. */
export interface Pause {
  readonly pauseMs: number;
  readonly until?: () => boolean;
}

export type Steps<T = void> = Generator<Command | Pause, T, unknown>;

/** How a strand ends that is not there any more: its process was killed. */
export class Killed extends Error {}

/** One thread or process of the original: it has one round trip under way, or none. */
export class Strand<T = void> {
  /** What ended it, as the original's traceback would say. */
  error: Error | undefined;
  readonly #killed = new AbortController();
  #inRealTime = false;
  #at: IteratorResult<Command | Pause, T> | undefined;

  constructor(
    private readonly redis: RedisConnection,
    private readonly steps: Steps<T>,
  ) {}

  /**
   * What `step` would send now. Undefined when it is over, or waits for something to happen. Looking
   * passes over the waits before it, as `step` does; not in real time.
   */
  get next(): Command | undefined {
    const at = this.#inRealTime ? this.#here() : this.#settle();
    return at && !at.done && !isPause(at.value) ? at.value : undefined;
  }

  /** True once there is nothing left to send: it came to its end, failed, or was killed. */
  get over(): boolean {
    return this.#here()?.done ?? true;
  }

  /**
   * Makes exactly one round trip, without the waits before it. Answers false, and sends nothing,
   * when there is none to make.
   * @throws what the original would end with: a failed assertion, an error of Redis.
   */
  async step(): Promise<boolean> {
    const command = this.next;
    if (command) await this.#send(command);
    return command !== undefined;
  }

  /**
   * Steps until the next round trip begins with these words.
   * @throws as `step`, and when it does not come so far.
   */
  async stepTo(...words: readonly string[]): Promise<void> {
    while (!this.#isNext(words)) {
      if (!(await this.step())) throw new Error(`it ended, or waits, before ${words.join(' ')}`);
    }
  }

  /**
   * Goes to its end in real time and answers its result.
   * @throws as `step`; `Killed` when it was killed.
   */
  async run(): Promise<T> {
    this.#inRealTime = true;
    for (;;) {
      const at = this.#here();
      if (!at) throw this.error ?? new Killed();
      if (at.done) return at.value;
      if (isPause(at.value)) await this.#pause(at.value);
      else await this.#send(at.value);
    }
  }

  /** Nothing more is sent. A round trip under way arrives; its reply is lost. */
  kill(): void {
    this.#killed.abort();
  }

  #isNext(words: readonly string[]): boolean {
    const { next } = this;
    return next !== undefined && !('transaction' in next) && words.every((w, i) => w === next[i]);
  }

  /** Where it stands; the code up to its first round trip or wait runs at the first look. */
  #here(): IteratorResult<Command | Pause, T> | undefined {
    if (this.error || this.#killed.signal.aborted) return undefined;
    this.#at ??= this.#go(() => this.steps.next());
    return this.#at;
  }

  /** Passes over waits that are no waits for something. */
  #settle(): IteratorResult<Command | Pause, T> | undefined {
    for (;;) {
      const at = this.#here();
      if (!at || at.done || !isPause(at.value)) return at;
      if (at.value.until && !at.value.until()) return at;
      this.#at = this.#go(() => this.steps.next());
    }
  }

  #go(
    on: () => IteratorResult<Command | Pause, T>,
  ): IteratorResult<Command | Pause, T> | undefined {
    try {
      return on();
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
      return undefined;
    }
  }

  async #send(command: Command): Promise<void> {
    const on = await send(this.redis, command).then(
      reply => () => this.steps.next(reply),
      error => () => this.steps.throw(error),
    );
    if (!this.#killed.signal.aborted) this.#at = this.#go(on);
    if (this.error) throw this.error;
  }

  async #pause({ pauseMs, until }: Pause): Promise<void> {
    const { signal } = this.#killed;
    do {
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    } while (until && !signal.aborted && !until());
    if (!signal.aborted) this.#at = this.#go(() => this.steps.next());
  }
}

function isPause(step: Command | Pause): step is Pause {
  return 'pauseMs' in step;
}

async function send(redis: RedisConnection, command: Command): Promise<unknown> {
  if (!('transaction' in command)) {
    const [name = '', ...rest] = command;
    return redis.call(name, ...rest);
  }
  const replies = await redis.multi(command.transaction.map(words => ['call', ...words])).exec();
  return (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}
