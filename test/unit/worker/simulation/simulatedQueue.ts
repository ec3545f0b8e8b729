/** Redis as a worker sees it: one list of tasks, and what the answers say of the others. */
import type { SimulatedClock } from './clock';

export interface SimulatedTask {
  /** On a worker of speed 1. */
  durationMs: number;
}

export interface CycleCall {
  worker: number;
  finished: number;
  /** How long these ran, all together. */
  milliseconds: number;
  returned: readonly SimulatedTask[];
  start: number;
  buffer: number;
}

export interface QueueAnswer {
  claimed: readonly SimulatedTask[];
  todo: number;
  liveLanes: number;
  othersIdle: boolean;
}

/** A worker that asked in vain counts as idle for so long, unless it gets something before. */
const IDLE_MS = 6000;
/** The number of live lanes in answers is as old as the last look of the worker on duty. */
const LOOK_MS = 2000;

export class SimulatedQueue {
  readonly #clock: SimulatedClock;
  #todo: SimulatedTask[] = [];
  #next = 0;
  /** When each worker last asked for more than it got. */
  readonly #hungry = new Map<number, number>();
  #liveLanes = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly #lanes = new Map<number, number>();
  /** Called when there is something new to claim; undefined without `wakeup`. */
  onWake: (() => void) | undefined;
  finished = 0;
  milliseconds = 0;
  returned = 0;
  calls = 0;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  get todo(): number {
    return this.#todo.length - this.#next;
  }

  submit(tasks: readonly SimulatedTask[]): void {
    this.#todo = [...this.#todo.slice(this.#next), ...tasks];
    this.#next = 0;
    this.onWake?.();
  }

  cycle({ worker, finished, milliseconds, returned, start, buffer }: CycleCall): QueueAnswer {
    this.calls++;
    this.finished += finished;
    this.milliseconds += milliseconds;
    const wanted = Math.min(start + buffer, this.todo);
    const claimed = this.#todo.slice(this.#next, this.#next + wanted);
    this.#next += wanted;
    if (claimed.length < start) this.#hungry.set(worker, this.#clock.now);
    else if (start > 0) this.#hungry.delete(worker);
    if (returned.length > 0) {
      this.returned += returned.length;
      this.#todo = [...returned, ...this.#todo.slice(this.#next)];
      this.#next = 0;
      this.onWake?.();
    }
    return { claimed, ...this.#news(worker) };
  }

  renew(worker: number, lanes: number): QueueAnswer {
    this.calls++;
    this.#lanes.set(worker, lanes);
    if (this.#clock.now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = this.#clock.now;
      this.#liveLanes = [...this.#lanes.values()].reduce((sum, count) => sum + count, 0);
    }
    return { claimed: [], ...this.#news(worker) };
  }

  #news(worker: number): Omit<QueueAnswer, 'claimed'> {
    return { todo: this.todo, liveLanes: this.#liveLanes, othersIdle: this.#othersIdle(worker) };
  }

  /** Entries stand in order of their time, so that the last one is the newest. */
  #othersIdle(worker: number): boolean {
    for (const [other, askedAt] of this.#hungry) {
      if (this.#clock.now - askedAt > IDLE_MS) this.#hungry.delete(other);
      else if (other !== worker) return true;
    }
    return false;
  }
}
