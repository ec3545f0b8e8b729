import { cores } from '../host/cores';
import type { ClaimRoom, CycleAnswer, CycleRequest } from '../queue/cycle';
import type { RenewSigns } from '../queue/membership';
import { Claiming } from './claiming';
import type { Heartbeat } from './heartbeat';
import type { LiveConfig } from './liveConfig';
import type { MemoryWatch } from './memoryWatch';
import { longestBuffered } from './prefetch';
import { Promises } from './promises';
import { claimRoom, fitsPromise, isTooFull, type Limits, NO_ROOM } from './room';
import type { Runner } from './runner';

type Answered = CycleAnswer & { kind: 'ok' };

/** After an attempt that could not be started, nothing is claimed for so long. */
const START_PROBLEM_MS = 5000;

export interface IntakeOptions {
  settings: LiveConfig;
  runner: Runner;
  memory: MemoryWatch;
  heartbeat: Heartbeat;
  /** False while the worker drains, or its disk is full. */
  isOpen: () => boolean;
}

/** What may start here, and what a claim asks for: lanes, memory and promises put together. */
export class Intake {
  readonly claiming: Claiming;
  readonly #o: IntakeOptions;
  readonly #promises = new Promises();
  /** Lanes that the call under way may fill. */
  #lanesAsked = 0;
  #stopsAfterFailures = false;

  constructor(options: IntakeOptions) {
    this.#o = options;
    this.claiming = new Claiming(options.settings);
  }

  /** Redis may pause the queue with the report of a failure: what has not begun waits for the answer. */
  get mayBeStopped(): boolean {
    return this.#stopsAfterFailures && this.#o.runner.hasFailureToReport;
  }

  /** Buffered tasks take the lanes that are free. */
  startBuffered(): void {
    const { runner, memory } = this.#o;
    if (runner.buffered.count === 0 || this.mayBeStopped || !this.#takesTasks()) return;
    let free = this.#freeLanes;
    let spareGb = memory.latest.availableGb - this.#limits.acceptAboveGb;
    runner.startBuffered(need => {
      if (free <= 0 || !fitsPromise(need, runner.promised, this.#promises.told, spareGb)) {
        return false;
      }
      free -= 1;
      spareGb -= need.memoryGb;
      return true;
    });
    // What does not fit beside others on this machine is for those who have room.
    if (free > 0) runner.returnBuffered();
  }

  /** Whether a claim is to be sent now, with or without a report. */
  mayClaim(): boolean {
    const { runner } = this.#o;
    if (!this.claiming.isDue(performance.now()) || !this.#takesTasks()) return false;
    return this.claiming.size(this.#freeLanes, runner.buffered.count).start > 0;
  }

  /** When the next claim is due, on the monotonic clock, ms; infinite while nothing may start. */
  get claimAt(): number {
    const waits = this.#takesTasks() && this.#freeLanes > 0;
    return waits ? this.claiming.claimAt : Number.POSITIVE_INFINITY;
  }

  /** When what ended is to be reported, on the monotonic clock, ms; infinite while there is nothing. */
  get reportAt(): number {
    const { runner } = this.#o;
    if (runner.reports.length === 0) return Number.POSITIVE_INFINITY;
    return this.claiming.reportAt(this.#freeLanes, runner.buffered.count);
  }

  /** When buffered tasks have waited for too long behind what runs, on the monotonic clock, ms. */
  get bufferedUntil(): number {
    const { since } = this.#o.runner.buffered;
    if (since === undefined) return Number.POSITIVE_INFINITY;
    return since + longestBuffered(this.claiming.latencyMs);
  }

  /** The part of a `cycle` that claims. Without `pipeline` none rides with a report. */
  ask(
    reports: number,
  ): Pick<CycleRequest, 'room' | 'promised' | 'toldPromise' | 'cursor' | 'bigTaskWaitMs'> {
    const { settings } = this.#o;
    const { pipeline, adaptive_polling, big_task_wait_seconds } = settings.current;
    const rides = reports > 0 && adaptive_polling;
    const asks =
      this.#takesTasks() &&
      (pipeline || reports === 0) &&
      (rides || this.claiming.isDue(performance.now()));
    const room = asks ? this.#room() : NO_ROOM;
    this.#lanesAsked = room.start.tasks;
    return {
      room,
      promised: this.promise(),
      toldPromise: this.#promises.text,
      cursor: this.claiming.cursor,
      bigTaskWaitMs: big_task_wait_seconds * 1000,
    };
  }

  /** What is promised to running tasks; a call under way says so from now on. */
  promise(): { memoryGb: number; cores: number } {
    const promised = this.#o.runner.promised;
    this.#promises.saying(promised);
    return promised;
  }

  /** The call under way was answered, or nobody waits for it any more. */
  settled(): void {
    this.#lanesAsked = 0;
  }

  answered(answer: Answered, room: ClaimRoom, reported: number, ms: number): void {
    this.#stopsAfterFailures = answer.stopsAfterFailures;
    this.claiming.answered(answer, room, reported, performance.now(), ms);
    if (answer.promise !== undefined) this.#promises.heard(answer.promise);
  }

  /** @param begunAt when the heartbeat was sent, on the monotonic clock, ms */
  renewed(signs: RenewSigns, begunAt: number): void {
    this.claiming.renewed(signs, begunAt, performance.now());
    this.#promises.heard(signs.promise);
  }

  get #limits(): Limits {
    const { memory, heartbeat, settings } = this.#o;
    return {
      totalMemoryGb: memory.latest.totalGb,
      capacityGb: heartbeat.capacityGb,
      cores: cores(),
      acceptAboveGb: settings.current.min_dram_gb_accept_new_task,
    };
  }

  get #freeLanes(): number {
    const { settings, runner } = this.#o;
    return settings.current.max_task_per_worker - runner.running - this.#lanesAsked;
  }

  #takesTasks(): boolean {
    const { isOpen, runner, memory } = this.#o;
    if (!isOpen()) return false;
    const { startProblem } = runner;
    if (startProblem && performance.now() - startProblem.at < START_PROBLEM_MS) return false;
    return !isTooFull(this.#limits, memory.latest.availableGb);
  }

  #room(): ClaimRoom {
    const { runner, memory } = this.#o;
    const { buffered } = runner;
    const held = {
      running: runner.promised,
      buffered: { ...buffered.need, lowestPriority: buffered.lowestPriority },
    };
    const size = this.claiming.size(this.#freeLanes, buffered.count);
    return claimRoom(this.#limits, held, memory.latest.availableGb, size);
  }
}
