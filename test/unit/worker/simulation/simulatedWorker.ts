/**
 * A worker under simulated time. Its policies are the real ones; around them stands what
 * `worker.ts` does: one call under way at a time, ends and claims in the same call.
 */
import { MovingAverage } from '../../../../src/worker/average';
import { nextWait, type Polling } from '../../../../src/worker/polling';
import {
  type ClaimState,
  type claimSize,
  gatherMs,
  giveBackBuffered,
  longestBuffered,
} from '../../../../src/worker/prefetch';
import type { SimulatedClock } from './clock';
import type { Random } from './random';
import type { QueueAnswer, SimulatedQueue, SimulatedTask } from './simulatedQueue';

export interface WorkerShape {
  lanes: number;
  /** Tasks take their duration divided by it. */
  speed: number;
}

export interface Circumstances {
  clock: SimulatedClock;
  queue: SimulatedQueue;
  random: Random;
  /** Draws one way of a round trip, ms. */
  oneWay: () => number;
  polling: Polling;
  prefetch: number;
  claim: typeof claimSize;
}

interface Buffered {
  task: SimulatedTask;
  since: number;
}

const HEARTBEAT_MS = 2000;

export class SimulatedWorker {
  /** Summed over lanes, ms: how long they ran something. */
  busyMs = 0;
  polls = 0;
  readonly #number: number;
  readonly #shape: WorkerShape;
  readonly #c: Circumstances;
  readonly #latency = new MovingAverage();
  readonly #duration = new MovingAverage();
  #running = 0;
  #buffer: Buffered[] = [];
  #ended = 0;
  #endedMs = 0;
  #returning: SimulatedTask[] = [];
  #calling = false;
  #stepDue = false;
  #alarm = 0;
  #heartbeats = 0;
  #emptyClaims = 0;
  #claimAt = 0;
  #answeredAt = 0;
  #renewAt = 0;
  #news: { todo: number | undefined; liveLanes: number; othersIdle: boolean };

  constructor(number: number, shape: WorkerShape, circumstances: Circumstances) {
    this.#number = number;
    this.#shape = shape;
    this.#c = circumstances;
    this.#news = { todo: undefined, liveLanes: shape.lanes, othersIdle: false };
  }

  start(): void {
    this.#step();
  }

  /** A message on the wake channel. */
  wake(): void {
    this.#emptyClaims = 0;
    this.#claimAt = this.#c.clock.now;
    this.#step();
  }

  get running(): number {
    return this.#running;
  }

  get #freeLanes(): number {
    return this.#shape.lanes - this.#running;
  }

  /** When what has ended is reported. */
  get #reportAt(): number {
    if (this.#returning.length > 0) return 0;
    return this.#ended > 0 ? this.#answeredAt + gatherMs(this.#state) : Number.POSITIVE_INFINITY;
  }

  get #state(): ClaimState {
    return {
      freeLanes: this.#freeLanes,
      lanes: this.#shape.lanes,
      liveLanes: this.#heartbeats < 2 ? undefined : this.#news.liveLanes,
      todo: this.#news.todo,
      buffered: this.#buffer.length,
      prefetch: this.#c.prefetch,
      latencyMs: this.#latency.value,
      meanTaskMs: this.#duration.value,
    };
  }

  /** When the oldest buffered task has been buffered for too long. */
  get #tooOldAt(): number {
    const oldest = this.#buffer[0];
    if (oldest === undefined) return Number.POSITIVE_INFINITY;
    return oldest.since + longestBuffered(this.#latency.value);
  }

  /** What happens at the same moment is seen together. */
  #step(): void {
    if (this.#calling || this.#stepDue) return;
    this.#stepDue = true;
    this.#c.clock.after(0, () => {
      this.#stepDue = false;
      this.#act();
    });
  }

  #act(): void {
    if (this.#calling) return;
    this.#giveBack();
    const { now } = this.#c.clock;
    const mayClaim = this.#freeLanes > 0 && now >= this.#claimAt;
    if (now >= this.#renewAt) this.#renew();
    else if (now >= this.#reportAt || mayClaim) this.#cycle();
    else {
      const claimAt = this.#freeLanes > 0 ? this.#claimAt : Number.POSITIVE_INFINITY;
      this.#sleep(Math.min(this.#renewAt, claimAt, this.#tooOldAt, this.#reportAt) - now);
    }
  }

  /** Only the last alarm counts. */
  #sleep(delayMs: number): void {
    const alarm = ++this.#alarm;
    this.#c.clock.after(delayMs, () => {
      if (alarm === this.#alarm) this.#step();
    });
  }

  #renew(): void {
    const { queue, clock } = this.#c;
    this.#call(
      () => queue.renew(this.#number, this.#shape.lanes),
      () => {
        this.#renewAt = clock.now + HEARTBEAT_MS;
        this.#heartbeats++;
      },
    );
  }

  #cycle(): void {
    const { queue, clock, claim } = this.#c;
    const { start, buffer } = claim(this.#state);
    const call = {
      worker: this.#number,
      finished: this.#ended,
      milliseconds: this.#endedMs,
      returned: this.#returning,
      start,
      buffer,
    };
    const askedAt = clock.now;
    if (this.#ended + this.#returning.length === 0) this.polls++;
    this.#ended = 0;
    this.#endedMs = 0;
    this.#returning = [];
    this.#call(
      () => queue.cycle(call),
      ({ claimed }) => {
        this.#latency.add(clock.now - askedAt);
        this.#answeredAt = clock.now;
        for (const task of claimed) this.#buffer.push({ task, since: clock.now });
        if (call.finished > 0 || claimed.length > 0) this.#emptyClaims = 0;
        if (claimed.length > 0) this.#claimAt = clock.now;
        else if (start > 0) {
          const wait = nextWait(this.#c.polling, this.#emptyClaims++, this.#c.random());
          this.#claimAt = clock.now + wait;
        }
      },
    );
  }

  #call(serve: () => QueueAnswer, take: (answer: QueueAnswer) => void): void {
    const { clock, oneWay } = this.#c;
    this.#calling = true;
    clock.after(oneWay(), () => {
      const answer = serve();
      clock.after(oneWay(), () => {
        this.#calling = false;
        this.#news = answer;
        take(answer);
        this.#startBuffered();
        this.#step();
      });
    });
  }

  #startBuffered(): void {
    while (this.#freeLanes > 0) {
      const next = this.#buffer.shift();
      if (next === undefined) return;
      const durationMs = next.task.durationMs / this.#shape.speed;
      this.#running++;
      this.busyMs += durationMs;
      this.#c.clock.after(durationMs, () => {
        this.#running--;
        this.#ended++;
        this.#endedMs += durationMs;
        this.#duration.add(durationMs);
        this.#startBuffered();
        this.#step();
      });
    }
  }

  #giveBack(): void {
    const { now } = this.#c.clock;
    const reason = giveBackBuffered({
      buffered: this.#buffer.length,
      // The sum of floating numbers may be a hair short of the alarm.
      oldestMs: now - (this.#buffer[0]?.since ?? now) + 1e-6,
      todo: this.#news.todo,
      othersIdle: this.#news.othersIdle,
      latencyMs: this.#latency.value,
      paused: false,
      overLimit: false,
      draining: false,
      pressure: false,
      higherPriority: false,
    });
    if (reason === undefined) return;
    this.#returning.push(...this.#buffer.splice(0).map(({ task }) => task));
  }
}
