import type { Config } from '../config/schema';
import type { ClaimRoom, CycleAnswer, CycleSigns } from '../queue/cycle';
import type { RenewSigns } from '../queue/membership';
import { MovingAverage } from './average';
import { nextWait } from './polling';
import { type ClaimSize, type ClaimState, claimSize, gatherMs } from './prefetch';

type Answered = CycleAnswer & { kind: 'ok' };

/** Wake-ups bring a claim at most so often. */
const WAKE_INTERVAL_MS = 20;

/** When this worker asks for tasks, and for how many: what it learned from answers so far. */
export class Claiming {
  readonly #latency = new MovingAverage();
  readonly #duration = new MovingAverage();
  #todo: number | undefined;
  #liveLanes = 0;
  #heartbeats = 0;
  #emptyClaims = 0;
  #cursor = 0;
  /** On the monotonic clock, ms. */
  #claimAt = 0;
  #answeredAt = 0;
  #wokenAt = 0;
  /** When the last wake-ups bring, or brought, a claim. */
  #wakeClaimAt = 0;

  constructor(private readonly settings: { readonly current: Config }) {}

  get claimAt(): number {
    return this.#claimAt;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get latencyMs(): number | undefined {
    return this.#latency.value;
  }

  /** Whether it is time to ask, apart from reports: a claim rides with them while polling adapts. */
  isDue(now: number): boolean {
    return now >= this.#claimAt;
  }

  /** One claim a round trip without `pipeline`. */
  size(freeLanes: number, buffered: number): ClaimSize {
    const size = claimSize(this.#state(freeLanes, buffered));
    if (this.settings.current.pipeline) return size;
    return size.start > 0
      ? { start: 1, buffer: 0 }
      : { start: 0, buffer: Math.min(1, size.buffer) };
  }

  /** When reports are sent at the latest, on the monotonic clock, ms. */
  reportAt(freeLanes: number, buffered: number): number {
    if (!this.settings.current.pipeline) return 0;
    return this.#answeredAt + gatherMs(this.#state(freeLanes, buffered));
  }

  #state(freeLanes: number, buffered: number): ClaimState {
    const { max_task_per_worker: lanes, prefetch } = this.settings.current;
    return {
      freeLanes: Math.max(0, freeLanes),
      lanes,
      liveLanes: this.#heartbeats < 2 ? undefined : Math.max(this.#liveLanes, lanes),
      todo: this.#todo,
      buffered,
      prefetch,
      latencyMs: this.#latency.value,
      meanTaskMs: this.#duration.value,
    };
  }

  /** An attempt ran for so long. */
  ran(ms: number): void {
    this.#duration.add(ms);
  }

  /** Tasks may have become ready. */
  wake(now: number): void {
    this.#emptyClaims = 0;
    this.#wokenAt = now;
    if (now >= this.#wakeClaimAt) {
      this.#wakeClaimAt = Math.max(now, this.#wakeClaimAt + WAKE_INTERVAL_MS);
    }
    this.#claimAt = Math.min(this.#claimAt, this.#wakeClaimAt);
  }

  /** A call was answered that asked for `room` and took `ms`. */
  answered(answer: Answered, room: ClaimRoom, reported: number, now: number, ms: number): void {
    this.#answeredAt = now;
    this.#see(answer);
    this.#liveLanes = answer.liveLanes;
    this.#cursor = answer.cursor;
    if (reported > 0 && !isAtLimit(answer)) this.#emptyClaims = 0;
    if (room.start.tasks + room.buffer.tasks > 0) this.#latency.add(ms);
    if (room.start.tasks > 0) this.#claimAt = now + this.#wait(answer);
    else if (reported > 0 && this.settings.current.adaptive_polling) this.#claimAt = now;
    // What woke it meanwhile may have come after the answer was made.
    if (this.#wokenAt >= now - ms) this.#claimAt = Math.min(this.#claimAt, this.#wakeClaimAt);
  }

  /**
   * A heartbeat that was sent at `begunAt` is answered. It tells whether there is anything to claim: so a worker that
   * has nothing to do asks by it alone, and hears of tasks that no message told of with the next one.
   */
  renewed(signs: RenewSigns, begunAt: number, now: number): void {
    this.#heartbeats++;
    const before = this.#todo;
    this.#see(signs);
    if (!this.settings.current.adaptive_polling) return;
    if (signs.todo > 0 && before === 0) this.wake(now);
    // What woke it meanwhile may have come after the answer was made.
    if (signs.todo > 0 || this.#wokenAt >= begunAt) return;
    this.#claimAt = Math.max(this.#claimAt, now + this.#poll());
  }

  #see({ todo }: Pick<CycleSigns, 'todo'>): void {
    this.#todo = todo;
  }

  /** Until the next claim, if nothing is reported before. */
  #wait(answer: Answered): number {
    const more = this.settings.current.adaptive_polling && !isAtLimit(answer);
    if (more && answer.claimed.length > 0) {
      this.#emptyClaims = 0;
      return 0;
    }
    // The walk over the buckets goes on where it stopped.
    if (more && answer.cursor > 0 && !answer.keepsFree) return 0;
    const wait = this.#poll();
    this.#emptyClaims++;
    return wait;
  }

  #poll(): number {
    const { adaptive_polling: adaptive, sleep_sec_between_accepting_task } = this.settings.current;
    const polling = { adaptive, fixedMs: sleep_sec_between_accepting_task * 1000 };
    return nextWait(polling, this.#emptyClaims, Math.random());
  }
}

/** The queue runs all that it may: a claim brings nothing before some of it has ended, and then it wakes. */
const isAtLimit = ({ untilLimit }: CycleSigns) => untilLimit !== undefined && untilLimit <= 0;
