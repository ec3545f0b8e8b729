import { setTimeout as sleep } from 'node:timers/promises';
import { Ending, type EndingOptions, signalProcess, Untouchables } from './ending';
import type { Guard } from './guard';
import { belongings, earlierIn, type Owner, type Session } from './ownership';
import type { ProcessInfo, ProcessTable } from './processTable';

/** While something is being ended. */
const ENDING_LOOK_MS = 50;
/** After an attempt's end, for what it left; what evades this look is found by the second one. */
const SURVIVORS_LOOK_MS = 100;
const SECOND_LOOK_MS = 1000;
/** While something runs: memory and CPU, stopped lanes. */
const SAMPLE_MS = 1000;
/** Looks that find nothing of what has ended before nothing more is expected. */
const CLEAN_LOOKS = 2;

export interface Usage {
  peakMb: number;
  cpuSeconds: number;
}

export interface WatchOptions {
  instance: string;
  keepBackgroundProcesses: boolean;
  graceMs: number;
}

/**
 * Looks at the host's processes, for all attempts in one go, and only while there is a reason to: ends what must
 * end, finds what ended attempts left running, samples memory and CPU.
 *
 * What an attempt leaves is found within 0.1 s of its end, or within about 1 s if it forked so that the first
 * look missed it; it then gets TERM, the grace, KILL.
 */
export class ProcessWatch {
  private readonly sessions = new Map<number, Session>();
  /** Looks left until a session whose leader has ended is forgotten. */
  private readonly closing = new Map<number, number>();
  private readonly running = new Map<Owner, Usage | undefined>();
  private readonly endings = new Map<Owner, Ending>();
  private readonly untouchables = new Untouchables();
  private stopped = false;
  private survivorLooks = 0;
  private timer: NodeJS.Timeout | undefined;
  private nextLook = Number.POSITIVE_INFINITY;
  private look: Promise<void> | undefined;

  constructor(
    private readonly table: ProcessTable,
    private readonly guard: Guard,
    private readonly options: WatchOptions,
  ) {}

  /** A session of ours whose leader was just started. */
  open(leader: number, lane: boolean, attempt?: Owner): Session {
    const startedAt = this.table.startOf(leader) ?? 0;
    const session: Session = { id: leader, startedAt, lane, attempt, over: false };
    this.sessions.set(leader, session);
    this.closing.delete(leader);
    this.guard.watch(session);
    return session;
  }

  /** Its leader has ended; what is left in it is still ours. */
  close(session: Session): void {
    session.over = true;
    this.closing.set(session.id, CLEAN_LOOKS);
    this.survivorLooks = CLEAN_LOOKS;
    this.lookIn(SURVIVORS_LOOK_MS);
  }

  /** Waits for the end of what an attempt of the same name left, then claims the name. */
  async begin(attempt: Owner): Promise<void> {
    if (this.running.has(attempt)) throw new Error(`attempt ${attempt} already runs`);
    await this.endings.get(attempt)?.done;
    this.running.set(attempt, undefined);
    this.lookIn(SAMPLE_MS);
  }

  /** From now on, what carries its name is left over. */
  finish(attempt: Owner, session: Session | undefined): void {
    this.running.delete(attempt);
    if (session?.lane && session.attempt === attempt) session.attempt = undefined;
    if (this.options.keepBackgroundProcesses) return;
    this.survivorLooks = CLEAN_LOOKS;
    this.lookIn(SURVIVORS_LOOK_MS);
  }

  usage(attempt: Owner): Usage | undefined {
    return this.running.get(attempt);
  }

  /** Resolves when none of the owner's processes is left. */
  end(owner: Owner, options: EndingOptions): Promise<void> {
    const present = this.endings.get(owner);
    if (present !== undefined) {
      present.hasten(options.graceMs);
      this.lookIn(0);
      return present.done;
    }
    const ending = new Ending(this.table, this.untouchables, options);
    this.endings.set(owner, ending);
    this.lookIn(0);
    return ending.done;
  }

  /** What a lane that died left in its session, apart from its attempt's. */
  async endEarlier(session: Session): Promise<void> {
    if (this.options.keepBackgroundProcesses) return;
    await this.end(earlierIn(session.id), { graceMs: this.options.graceMs });
  }

  /** Looks a last time for what is left over, and once more for what that missed, and waits until it has ended. */
  async stop(): Promise<void> {
    await this.look;
    if (!this.options.keepBackgroundProcesses) {
      await this.lookNow();
      await sleep(ENDING_LOOK_MS);
      await this.lookNow();
    }
    while (this.endings.size > 0) {
      await Promise.all([...this.endings.values()].map(ending => ending.done));
    }
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** The timer only ever moves earlier. */
  private lookIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.stopped || at >= this.nextLook) return;
    this.nextLook = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.lookNow(), ms);
  }

  private lookNow(): Promise<void> {
    this.nextLook = Number.POSITIVE_INFINITY;
    this.look ??= this.table
      .list()
      .then(
        processes => this.act(processes),
        // Out of memory or file descriptors, perhaps: the next look will do.
        () => {},
      )
      .then(() => {
        this.look = undefined;
        this.planNext();
      });
    return this.look;
  }

  private act(processes: readonly ProcessInfo[]): void {
    this.dropReusedNumbers(processes);
    const { owned, strangers } = belongings(processes, {
      instance: this.options.instance,
      worker: process.pid,
      sessions: this.sessions,
      marker: pid => this.table.marker(pid),
    });
    for (const one of strangers) this.table.passOver(one.pid);
    this.wakeStoppedLanes(processes);
    this.sample(owned);
    if (!this.options.keepBackgroundProcesses) this.endLeftOver(owned);
    this.sweep(owned);
    this.forgetClosed(processes);
  }

  /** A session's number is free for others once it is empty; its leader's start tells them apart. */
  private dropReusedNumbers(processes: readonly ProcessInfo[]): void {
    for (const { pid, startedAt } of processes) {
      const session = this.sessions.get(pid);
      if (session?.over && session.startedAt !== startedAt) this.forget(pid);
    }
  }

  /** A task can stop its lane (`kill -STOP 0`); the lane itself never has a reason to be stopped. */
  private wakeStoppedLanes(processes: readonly ProcessInfo[]): void {
    for (const one of processes) {
      if (one.stopped && this.sessions.get(one.pid)?.lane)
        signalProcess(this.table, one, 'SIGCONT');
    }
  }

  private sample(owned: ReadonlyMap<Owner, ProcessInfo[]>): void {
    for (const [attempt, before] of this.running) {
      const processes = owned.get(attempt);
      if (processes !== undefined) this.running.set(attempt, usageOf(processes, before));
    }
  }

  private endLeftOver(owned: ReadonlyMap<Owner, ProcessInfo[]>): void {
    const { graceMs } = this.options;
    for (const [owner, processes] of owned) {
      if (this.running.has(owner) || this.endings.has(owner)) continue;
      if (processes.every(one => this.untouchables.has(one))) continue;
      this.endings.set(owner, new Ending(this.table, this.untouchables, { graceMs }));
    }
    if (this.endings.size === 0 && this.survivorLooks > 0) this.survivorLooks -= 1;
  }

  private sweep(owned: ReadonlyMap<Owner, ProcessInfo[]>): void {
    for (const [owner, ending] of this.endings) {
      ending.sweep(owned.get(owner) ?? []);
      if (ending.over) this.endings.delete(owner);
    }
  }

  private forgetClosed(processes: readonly ProcessInfo[]): void {
    if (this.closing.size === 0) return;
    const alive = new Set(processes.map(one => one.session));
    for (const [id, looks] of this.closing) {
      if (alive.has(id)) continue;
      if (looks > 1) this.closing.set(id, looks - 1);
      else this.forget(id);
    }
  }

  private forget(id: number): void {
    this.sessions.delete(id);
    this.closing.delete(id);
    this.guard.forget(id);
  }

  private planNext(): void {
    if (this.endings.size > 0) this.lookIn(ENDING_LOOK_MS);
    if (this.survivorLooks > 0 || this.closing.size > 0) this.lookIn(SECOND_LOOK_MS);
    if (this.running.size > 0) this.lookIn(SAMPLE_MS);
  }
}

function usageOf(processes: readonly ProcessInfo[], before: Usage | undefined): Usage {
  const sum = (value: (one: ProcessInfo) => number) =>
    processes.reduce((total, one) => total + value(one), 0);
  return {
    peakMb: Math.max(
      before?.peakMb ?? 0,
      sum(one => one.memoryMb),
    ),
    // What ended unwaited takes its time with it: the highest sum is the nearest to the truth.
    cpuSeconds: Math.max(
      before?.cpuSeconds ?? 0,
      sum(one => one.cpuSeconds),
    ),
  };
}
