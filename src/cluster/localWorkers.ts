/** Workers on this machine: N programs in slots 1..N, each looked after by a small state machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import { endsInARow, restartDelayMs } from './restartDelay';
import {
  digest,
  findLeftWorkers,
  startWorker,
  type WorkerCommand,
  type WorkerEnd,
  type WorkerProgram,
  writeConf,
} from './workerProgram';

export type LocalWorkerEvent =
  | { type: 'started'; slot: number; pid: number /** Was running already. */; adopted: boolean }
  | {
      type: 'ended';
      slot: number;
      /** Both null: it could not be started, or was adopted and nobody told us. */
      code: number | null;
      signal: NodeJS.Signals | null;
      /** What it said last, or why it could not be started. */
      reason: string;
      /** Undefined: it is not started again. */
      restartInMs: number | undefined;
    }
  | { type: 'restarted'; slot: number; pid: number };

export interface LocalWorkersOptions extends WorkerCommand {
  count: number;
  /** Start a worker again that was killed or crashed. */
  restart: boolean;
  onEvent: (event: LocalWorkerEvent) => void;
}

export interface LocalWorkers {
  /** Of those that run now. */
  pids(): number[];
  /** Those that run take it over, apart from what counts at a start only; so do those that start later. */
  reconfigure(config: WorkerCommand['config']): Promise<void>;
  /** Those that have ended for good are started again. */
  revive(): void;
  /** They claim nothing new; resolves when their running tasks are done and they are gone. */
  drain(): Promise<void>;
  /** They end at once and give back what they have; resolves when they are gone. */
  stop(): Promise<void>;
  /** They go on, and nobody looks after them here any more; another start with this folder adopts them. */
  release(): Promise<void>;
}

/** Long enough for a worker to end its tasks with TERM, and with KILL five seconds later. */
const STOP_MS = 12_000;
const TERM_AGAIN_MS = 300;
/** Ended as it meant to: drained, wrong configuration, no Redis. Starting it again changes nothing. */
const MEANT: (number | null)[] = [0, 2, 3];

/**
 * Starts them, or adopts those that an earlier start with the same options left running (one with
 * other options is ended first). What becomes of them arrives in `onEvent`; this never throws.
 */
export function startLocalWorkers(options: LocalWorkersOptions): LocalWorkers {
  const { count, folder } = options;
  const slots = Array.from({ length: count }, (_, index) => new Slot(index + 1, options));
  const tooMany = stopLeftWorkers(folder, count);
  const all = async (act: (slot: Slot) => Promise<void>) => {
    await Promise.all([...slots.map(act), tooMany]);
  };
  return {
    reconfigure: config => all(slot => slot.reconfigure(config)),
    revive: () => {
      for (const slot of slots) slot.revive();
    },
    pids: () => slots.flatMap(slot => slot.pid ?? []),
    drain: () => all(slot => slot.drain()),
    stop: () => all(slot => slot.stop()),
    release: () => all(slot => slot.release()),
  };
}

/** Stops what an earlier start left running in this folder, in slots above `slot`. */
export async function stopLeftWorkers(folder: string, slot = 0): Promise<void> {
  const left = await findLeftWorkers(folder);
  const stopped = left.filter(each => each.slot > slot).map(each => obey(each.adopt(), 'stop'));
  await Promise.all(stopped);
}

/**
 * One slot. `live` is its whole life: start, run, wait, start again …, until there is a reason to
 * end. `wanted` only ever moves from run to drain to stop, or from run to release; each step of that
 * life obeys it.
 */
class Slot {
  private wanted: 'run' | 'drain' | 'stop' | 'release' = 'run';
  private program: WorkerProgram | undefined;
  private starting: Promise<unknown> = Promise.resolve();
  private ends = 0;
  private readonly wait = new AbortController();
  private life: Promise<void>;
  private over = false;

  constructor(
    private readonly number: number,
    private options: LocalWorkersOptions,
  ) {
    this.life = this.begin();
  }

  get pid(): number | undefined {
    return this.program?.pid;
  }

  revive(): void {
    if (this.over && this.wanted === 'run') this.life = this.begin();
  }

  async reconfigure(config: WorkerCommand['config']): Promise<void> {
    this.options = { ...this.options, config };
    if (this.program) await writeConf(this.options, this.number);
  }

  async drain(): Promise<void> {
    // Once only: a second TERM would end it at once.
    if (this.wanted === 'run') this.want('drain');
    await this.life;
  }

  async stop(): Promise<void> {
    if (this.wanted !== 'stop') this.want('stop');
    await this.life;
  }

  /** Resolves when nothing is being started any more. */
  async release(): Promise<void> {
    if (this.wanted !== 'run') return;
    this.wanted = 'release';
    this.wait.abort();
    await this.starting;
  }

  private want(wanted: 'drain' | 'stop'): void {
    this.wanted = wanted;
    this.wait.abort();
    if (this.program) void obey(this.program, wanted);
  }

  private async begin(): Promise<void> {
    this.over = false;
    await this.live();
    this.over = true;
  }

  private async live(): Promise<void> {
    for (let first = true; ; first = false) {
      const startedAt = performance.now();
      const end = await this.runOnce(first).catch(couldNotStart);
      this.program = undefined;
      if (this.wanted === 'release') return;
      const restartInMs = this.restartInMs(end, performance.now() - startedAt);
      const { code, signal, lastLine: reason } = end;
      this.report({ type: 'ended', slot: this.number, code, signal, reason, restartInMs });
      if (restartInMs === undefined) return;
      await sleep(restartInMs, undefined, { signal: this.wait.signal }).catch(() => undefined);
      if (this.wanted !== 'run') return;
    }
  }

  private async runOnce(first: boolean): Promise<WorkerEnd> {
    const started = this.adoptOrStart();
    this.starting = started.catch(() => undefined);
    const program = await started;
    const { pid, adopted } = program;
    const slot = this.number;
    this.program = program;
    this.report(first ? { type: 'started', slot, pid, adopted } : { type: 'restarted', slot, pid });
    // Asked for while it was starting.
    if (this.wanted === 'drain' || this.wanted === 'stop') void obey(program, this.wanted);
    return program.ended;
  }

  private async adoptOrStart(): Promise<WorkerProgram> {
    const left = (await findLeftWorkers(this.options.folder)).find(
      ({ slot }) => slot === this.number,
    );
    if (left && left.digest === digest(this.options)) {
      await writeConf(this.options, this.number);
      return left.adopt();
    }
    if (left) await obey(left.adopt(), 'stop');
    return startWorker(this.options, this.number);
  }

  /** Undefined: not again. */
  private restartInMs(end: WorkerEnd, livedMs: number): number | undefined {
    const meant = MEANT.includes(end.code) || end.neverStarted;
    if (meant || !this.options.restart || this.wanted !== 'run') return undefined;
    this.ends = endsInARow(this.ends, livedMs);
    return restartDelayMs(this.ends);
  }

  private report(event: LocalWorkerEvent): void {
    this.options.onEvent(event);
  }
}

/** Returns when it is gone. */
async function obey(program: WorkerProgram, wanted: 'drain' | 'stop'): Promise<void> {
  const gone = program.ended.then(() => true);
  const goneWithin = (ms: number) => Promise.race([gone, sleep(ms, false)]);
  await program.signal('SIGTERM');
  if (wanted === 'drain') return void (await gone);
  // Again and again: two that come at once are one, and it is the second that ends it at once.
  const deadline = performance.now() + STOP_MS;
  while (performance.now() < deadline) {
    if (await goneWithin(TERM_AGAIN_MS)) return;
    await program.signal('SIGTERM');
  }
  await program.signal('SIGKILL');
  await gone;
}

function couldNotStart(error: Error): WorkerEnd {
  return { code: null, signal: null, lastLine: error.message, neverStarted: true };
}
