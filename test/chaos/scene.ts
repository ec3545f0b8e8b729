/** All that a chaos run is played on: a Redis that keeps every write, workers, people, the ledger, the judge. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '../../src/queue/audit';
import { connect } from '../../src/queue/connection';
import { DEFAULT_QUEUE } from '../../src/queue/keys';
import { resume } from '../../src/queue/pause';
import { Queue } from '../../src/queue/queue';
import { submit } from '../../src/queue/submit';
import type { Placed } from '../../src/queue/submitFile';
import { workers } from '../../src/queue/workers';
import { readTaskFile } from '../../src/tasks/file';
import type { Memory } from '../setup/memory';
import { startRedis, type TestRedis } from '../setup/redis';
import { startWatchedRedis, type WatchedRedis } from '../setup/sentinels';
import { type SteppedClock, steppedClock } from '../setup/steppedClock';
import { until } from '../setup/until';
import { testFolder } from '../setup/workers';
import type { Random } from '../unit/worker/simulation/random';
import { Excuses } from './excuses';
import { Judge } from './judge';
import { Slot } from './slot';
import { drawTasks, idOf, lineOf, type TaskKind } from './tasks';

export interface SceneOptions {
  readonly workers: number;
  /** Of every worker, over those of `CONF`. */
  readonly conf?: Record<string, unknown>;
  /** Two servers that sentinels watch, and no way to them for each worker. Default false. */
  readonly sentinels?: boolean;
  /** Path of the bundle of all workers, if it is not this tree's. */
  readonly program?: string;
}

/** Small figures, so that much happens in little time; by far larger than what a busy machine delays. */
const CONF = {
  health_report_interval: 0.5,
  worker_dead_seconds: 10,
  retry_elsewhere_seconds: 0.5,
  max_task_per_worker: 3,
  max_retry_per_task: 3,
  attempt_records: 'full',
  min_dram_gb_accept_new_task: 0.2,
  min_dram_gb_trigger_return: 0.16,
};

/** Longer than a busy machine may keep a server from answering: no failover comes by itself. */
const DOWN_AFTER_MS = '5000';

const LOOK_EVERY_MS = 1000;
/** So long a worker that holds nothing may take to end. */
const END_MS = 60_000;

/** Block its event loop for so many ms: the worker is told by SIGUSR2. */
const BLOCK_ON_SIGNAL = `process.on('SIGUSR2', () => {
  const until = performance.now() + Number(process.env.CHAOS_BLOCK_MS);
  while (performance.now() < until);
});`;

export class Scene {
  readonly excuses = new Excuses();
  readonly slots: Slot[] = [];
  readonly judge: Judge;
  /** Ids that an original has touched. */
  readonly touched = new Set<string>();
  /** Every line that was ever submitted. */
  readonly submitted = new Set<string>();
  /** Lines that people took out of the queue. */
  readonly removed = new Set<string>();
  /** Ids of lines that people cancelled: they may have failed for good by that. */
  readonly cancelled = new Set<string>();
  /** Why lines were in no state any more, and how many of them the audit found. */
  readonly found = new Map<string, number>();
  /** How many results Redis had acknowledged, and had no more when it came back, by why. */
  readonly forgotten = new Map<string, number>();
  #numbers = 0;
  #still: Promise<unknown> = Promise.resolve();
  #watching = true;
  #watched: Promise<void> | undefined;

  private constructor(
    private readonly options: SceneOptions,
    /** After a failover the one that is the primary then. */
    public server: TestRedis,
    readonly watched: WatchedRedis | undefined,
    private readonly copyServer: TestRedis,
    /** What people use. */
    readonly queue: Queue,
    private readonly judges: Queue,
    readonly redisClock: SteppedClock,
    /** What tasks find in it: where the ledger is. */
    readonly environment: Readonly<Record<string, string>>,
  ) {
    this.judge = new Judge({
      queue: judges,
      copy: new Queue(copyServer.client(), DEFAULT_QUEUE),
      excuses: this.excuses,
      deadSeconds: CONF.worker_dead_seconds,
      touched: this.touched,
      waitedForCore: name => this.slots.find(slot => slot.name === name)?.waitedForCore() ?? 0,
    });
  }

  static async set(options: SceneOptions): Promise<Scene> {
    const folder = await testFolder();
    const redisClock = steppedClock(await testFolder());
    const keepsAll = {
      appendonly: true,
      settings: { appendfsync: 'always', 'maxmemory-policy': 'noeviction' },
      environment: redisClock.environment,
    };
    const watched = options.sentinels ? await startWatchedRedis(keepsAll) : undefined;
    await watched?.tellSentinels(['SET', 'queues', 'down-after-milliseconds', DOWN_AFTER_MS]);
    const server = watched ? await watched.primary() : await startRedis(keepsAll);
    const address = watched ? watched.address : { url: server.url };
    const connected = async (name: string) =>
      new Queue(await connect(address, name), DEFAULT_QUEUE);
    const block = join(folder, 'block.cjs');
    await writeFile(block, BLOCK_ON_SIGNAL);
    const environment = {
      CHAOS_TASK: join(import.meta.dirname, 'task.sh'),
      CHAOS_LEDGER: join(folder, `ledger-${randomUUID()}`),
      CHAOS_BLOCK_MS: '3000',
      NODE_OPTIONS: `--require ${block}`,
    };
    const copy = await startRedis();
    const [people, judge] = await Promise.all([connected('people'), connected('judge')]);
    const scene = new Scene(options, server, watched, copy, people, judge, redisClock, environment);
    for (let number = 1; number <= options.workers; number++) await scene.addWorker(number);
    return scene;
  }

  /** One more, whose name ends with this number. */
  async addWorker(number: number): Promise<Slot> {
    const { conf, program } = this.options;
    const slot = await Slot.start({
      number,
      redisPort: this.server.port,
      watchedRedis: this.watched?.conf,
      conf: { ...CONF, ...conf },
      environment: this.environment,
      clock: steppedClock(await testFolder()),
      excuses: this.excuses,
      program,
    });
    this.slots.push(slot);
    return slot;
  }

  get ledgerPath(): string {
    return this.environment.CHAOS_LEDGER ?? '';
  }

  get deadSeconds(): number {
    return CONF.worker_dead_seconds;
  }

  slot(number: number): Slot {
    const slot = this.slots[number - 1];
    if (!slot) throw new Error(`no worker ${number}`);
    return slot;
  }

  /** Every worker has said its first heartbeat. */
  async ready(): Promise<void> {
    await until(
      async () => {
        const found = await workers(this.queue);
        return found.filter(({ load }) => load).length === this.slots.length;
      },
      { describe: 'a heartbeat of every worker' },
    );
  }

  /** Nobody else changes what is expected of the queue, or judges it, meanwhile. */
  still<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#still.then(act);
    this.#still = result.catch(() => undefined);
    return result;
  }

  /** Again and again until Redis has done it: away, full or busy, it comes back. */
  async insist<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch {
        await sleep(200);
      }
    }
  }

  /** Looks until `stopWatching`. While Redis is away there is nothing to see. */
  watch(): void {
    this.#watched = (async () => {
      while (this.#watching) {
        await this.still(() => this.judge.look()).catch(() => undefined);
        await sleep(LOOK_EVERY_MS);
      }
    })();
  }

  async stopWatching(): Promise<void> {
    this.#watching = false;
    await this.#watched;
  }

  /** Tasks of one kind, or of all kinds as they come, that nobody has submitted yet. */
  newTasks(kind: TaskKind | Random, count: number): string[] {
    const first = this.#numbers;
    this.#numbers += count;
    if (typeof kind === 'function') return drawTasks(first, count, kind);
    return Array.from({ length: count }, (_, i) => lineOf(kind, first + i));
  }

  /** As people do. The caller is `still`. */
  async submit(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      this.submitted.add(line);
      this.removed.delete(line);
    }
    const verdicts = await this.insist(() => submit(this.queue, lines));
    lines.forEach((line, i) => {
      if (verdicts[i] !== 'unsettled') this.judge.expected.add(line);
    });
  }

  /**
   * Compares all that was submitted with the queue, as `distcomp audit` does, and submits again what is in no
   * state. Answers those lines. The caller is `still`.
   */
  async audit(why: string): Promise<string[]> {
    const lost: string[] = [];
    const lines = [...this.submitted].filter(line => !this.removed.has(line));
    const listener = {
      onProblem: () => undefined,
      onLost: (tasks: readonly Placed[]) => void lost.push(...tasks.map(({ task }) => task.line)),
    };
    await this.insist(() => {
      lost.length = 0;
      return audit(this.queue, readTaskFile(Readable.from([lines.join('\n')])), listener);
    });
    if (lost.length > 0) await this.submit(lost);
    this.found.set(why, (this.found.get(why) ?? 0) + lost.length);
    return lost;
  }

  /**
   * Redis forgot: all that is gone the audit must find. The caller is `still`.
   *
   * @param had all that it had before, if that is known
   */
  async forgot(why: string, had: Memory = []): Promise<void> {
    const { gone, results } = await this.insist(() => this.judge.forgot(had));
    this.forgotten.set(why, (this.forgotten.get(why) ?? 0) + results);
    const lost = new Set(await this.audit(why));
    for (const line of this.submitted) {
      if (!this.removed.has(line)) this.judge.expected.add(line);
    }
    for (const line of gone) {
      if (!lost.has(line) && !this.touched.has(idOf(line)))
        this.judge.say(`gone, and the audit did not find it: ${line}`);
    }
    await this.insist(() => resume(this.queue));
  }

  /** All are asked to end; those that do not are killed, which is wrong. */
  async endWorkers(): Promise<void> {
    await Promise.all(
      this.slots.map(async slot => {
        const { worker } = slot;
        const ended = slot.end('SIGTERM');
        const late = setTimeout(() => {
          this.judge.say(`does not end: ${slot.name}, which said: ${worker?.log()}`);
          slot.signal('SIGKILL');
        }, END_MS);
        await ended.finally(() => clearTimeout(late));
      }),
    );
  }

  async remove(): Promise<void> {
    await this.stopWatching();
    for (const slot of this.slots) {
      await slot.end('SIGKILL');
      await slot.remove();
    }
    this.queue.redis.disconnect();
    this.judges.redis.disconnect();
    await (this.watched ?? this.server).stop();
    await this.copyServer.stop();
  }
}
