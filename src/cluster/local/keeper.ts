/**
 * The keeper of one local cluster: a program of its own that looks after the workers while windows
 * come and go, and ends workers and Redis when that is ordered, or when the last window is gone and
 * wanted it so. A window that crashed is gone like any other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, liveness } from '../../host/process';
import { findEmbeddedRedis } from '../embedded';
import { type LocalWorkers, startLocalWorkers, stopLeftWorkers } from '../localWorkers';
import { digest } from '../workerProgram';
import {
  type AtQuit,
  addEvent,
  clearEvents,
  forgetGone,
  type KeeperLock,
  keeperLock,
  noteLeft,
  type Order,
  readOrder,
  windowsOf,
} from './clusterFolder';

const POLL_MS = 1_000;

export interface Situation {
  wanted: Order['wanted'];
  windows: { here: number; gone: AtQuit[] };
  /** How long no window has been there. */
  aloneMs: number;
  graceMs: number;
  redisRuns: boolean;
}

/**
 * `run`: nothing to do. `leave`: go on without a window. A reload of a window takes less than the
 * grace. Nobody who wanted it kept is overruled by another who did not.
 */
export function decide(situation: Situation): 'run' | 'leave' | 'drain' | 'stop' {
  const { wanted, windows, aloneMs, graceMs, redisRuns } = situation;
  if (wanted !== 'run') return wanted;
  if (windows.here > 0 || aloneMs < graceMs) return 'run';
  return windows.gone.includes('keep') && redisRuns ? 'leave' : 'stop';
}

/** Returns when the cluster has ended, or at once when somebody else keeps it. */
export async function keep(folder: string, graceMs: number): Promise<void> {
  const number = await takeOver(folder);
  if (number !== undefined) await new Keeper(folder, number, graceMs).run();
}

async function takeOver(folder: string): Promise<number | undefined> {
  const lock = keeperLock(folder);
  const process_ = await identify(process.pid);
  for (;;) {
    const found = await lock.read();
    const holder = found?.value;
    const keeps = holder && holder.phase !== 'ended';
    if (keeps && (await liveness(holder.process)) !== 'gone') return undefined;
    const number = await lock.overtake(found, { process: process_, phase: 'watching' });
    if (number !== undefined) return number;
  }
}

class Keeper {
  #workers: LocalWorkers | undefined;
  #order: Order | undefined;
  #lastSeen = performance.now();
  #left = false;

  constructor(
    private readonly folder: string,
    private readonly number: number,
    private readonly graceMs: number,
  ) {}

  async run(): Promise<void> {
    await clearEvents(this.folder);
    for (;;) {
      const order = await readOrder(this.folder);
      if (order) await this.#follow(order);
      const decision = await this.#decide(order);
      if (decision === 'leave') await this.#noteLeft();
      if ((decision === 'drain' || decision === 'stop') && (await this.#end(decision))) return;
      await sleep(POLL_MS);
    }
  }

  async #decide(order: Order | undefined): Promise<ReturnType<typeof decide>> {
    const windows = await windowsOf(this.folder);
    if (windows.here > 0) {
      this.#lastSeen = performance.now();
      this.#left = false;
    }
    const aloneMs = performance.now() - this.#lastSeen;
    const alone = aloneMs >= this.graceMs;
    const redisRuns = !alone || (await findEmbeddedRedis(this.folder)) !== undefined;
    const wanted = order?.wanted ?? 'run';
    return decide({ wanted, windows, aloneMs, graceMs: this.graceMs, redisRuns });
  }

  /** Running workers take settings over; another number, Redis, queue or program has them started anew. */
  async #follow(order: Order): Promise<void> {
    const before = this.#order;
    if (order.wanted !== 'run' || JSON.stringify(order) === JSON.stringify(before)) return;
    this.#order = order;
    if (before && this.#workers && sameStart(before, order)) {
      await this.#workers.reconfigure(order.config);
      if (before.call !== order.call) this.#workers.revive();
      return;
    }
    await this.#workers?.release();
    const { folder } = this;
    const onEvent = (event: Parameters<typeof addEvent>[1]) => {
      // A full disk must not end the keeper.
      void addEvent(folder, event).catch(() => undefined);
    };
    this.#workers = startLocalWorkers({ ...order, folder, restart: true, onEvent });
  }

  async #noteLeft(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    await noteLeft(this.folder);
  }

  /** False when a window came meanwhile. */
  async #end(how: 'drain' | 'stop'): Promise<boolean> {
    await this.#say({ phase: 'ending' });
    // Whoever came before that was said is seen here; whoever came after it waits.
    const wanted = (await readOrder(this.folder))?.wanted ?? 'run';
    if (wanted === 'run' && (await windowsOf(this.folder)).here > 0) {
      await this.#say({ phase: 'watching' });
      return false;
    }
    try {
      await this.#endWorkers(how);
      await (await findEmbeddedRedis(this.folder))?.stop();
      await forgetGone(this.folder);
      await this.#say({ phase: 'ended' });
    } catch (error) {
      await this.#say({ phase: 'ended', fault: (error as Error).message });
    }
    await addEvent(this.folder, { type: 'clusterEnded' });
    return true;
  }

  async #endWorkers(how: 'drain' | 'stop'): Promise<void> {
    const workers = this.#workers;
    if (how === 'drain' && workers) {
      const drained = workers.drain().then(() => true);
      while (!(await Promise.race([drained, sleep(POLL_MS, false)]))) {
        if ((await readOrder(this.folder))?.wanted === 'stop') break;
      }
    }
    await workers?.stop();
    await stopLeftWorkers(this.folder);
  }

  async #say(change: Omit<KeeperLock, 'process'>): Promise<void> {
    const process_ = await identify(process.pid);
    await keeperLock(this.folder).update(this.number, { process: process_, ...change });
  }
}

function sameStart(a: Order, b: Order): boolean {
  const fixed = (order: Order) => digest({ ...order, folder: '' });
  return a.count === b.count && fixed(a) === fixed(b);
}
