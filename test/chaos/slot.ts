/** One place for a worker: it is started again whenever it has ended, as a keeper or a launch would. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shortHostName } from '../../src/host/machine';
import { memoryCgroup, type TestCgroup } from '../setup/cgroup';
import { type LongWay, longWay } from '../setup/longWay';
import type { SteppedClock } from '../setup/steppedClock';
import { startWorker, type TestWorker, testFolder } from '../setup/workers';
import type { Excuses } from './excuses';

export interface SlotOptions {
  readonly number: number;
  readonly redisPort: number;
  /** Where Redis is by its sentinels, for conf.json, if it has any: no way of this worker's own leads there. */
  readonly watchedRedis: Readonly<Record<string, unknown>> | undefined;
  readonly conf: Record<string, unknown>;
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: SteppedClock;
  readonly excuses: Excuses;
  /** Path of its bundle; this tree's if not given. */
  readonly program: string | undefined;
}

const DISK_MB = 256;
/** Of the worker, all that it runs, and what lies on its disk. */
const MEMORY_MB = 1024;
const RESTART_MS = 500;

export class Slot {
  readonly name: string;
  /** Another program than this tree's worker, at its next start. */
  program: string | undefined;
  /** Settings that differ from those of the run, at its next start or at once by `configure`. */
  settings: Record<string, unknown> = {};
  /** It stays away for so long after its next end, ms. */
  restartMs = RESTART_MS;
  worker: TestWorker | undefined;
  #wanted = true;
  #kept: Promise<void> | undefined;

  private constructor(
    private readonly o: SlotOptions,
    readonly folder: string,
    readonly way: LongWay,
    /** What the memory of its host is to the worker. */
    readonly memory: TestCgroup,
  ) {
    this.name = `${shortHostName()}~${o.number}`;
    this.program = o.program;
  }

  static async start(options: SlotOptions): Promise<Slot> {
    const folder = await testFolder();
    const memory = memoryCgroup(basename(folder), MEMORY_MB * 1024 ** 2);
    const slot = new Slot(options, folder, await longWay(options.redisPort), memory);
    mkdirSync(slot.disk);
    // Small and its own, so that it can be filled. Needs root, as test machines have.
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', slot.disk]);
    slot.#kept = slot.#keep();
    return slot;
  }

  /** Where its output goes. */
  get disk(): string {
    return join(this.folder, 'disk');
  }

  get clock(): SteppedClock {
    return this.o.clock;
  }

  /** How long its worker has waited for a core since it started, seconds; 0 while there is none. */
  waitedForCore(): number {
    if (!this.worker) return 0;
    const path = `/proc/${this.worker.pid}/schedstat`;
    // The time it ran, the time it waited, both in nanoseconds, and how often.
    return existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[1]) / 1e9 : 0;
  }

  signal(name: NodeJS.Signals): void {
    this.worker?.signal(name);
  }

  /** Its event loop stands still for as long as the environment says. */
  block(): void {
    // Before it has read what it requires, the signal would end it.
    if (this.worker?.log().includes('takes tasks')) this.signal('SIGUSR2');
  }

  /** A second worker for the same name, which must find that it is taken. */
  second(): Promise<TestWorker> {
    return this.#startWorker();
  }

  /** Changes settings of the running worker by its conf.json; those of `settings` stay for its next start. */
  async configure(settings: Record<string, unknown>): Promise<void> {
    this.settings = settings;
    if (!this.worker) return;
    const { confPath, conf } = this.worker;
    const text = JSON.stringify({ ...conf, ...this.o.conf, ...settings });
    await writeFile(`${confPath}.new`, text, { mode: 0o600 });
    await rename(`${confPath}.new`, confPath);
  }

  /** Not started again; resolves when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#wanted = false;
    this.signal(signal);
    await this.#kept;
  }

  async remove(): Promise<void> {
    await this.way.close();
    execFileSync('umount', ['-l', this.disk]);
    await this.memory.remove();
  }

  async #keep(): Promise<void> {
    while (this.#wanted) {
      this.worker = await this.#startWorker();
      if (!this.#wanted) this.signal('SIGKILL');
      const { signal } = await this.worker.ended;
      this.worker = undefined;
      const killed = { why: 'its worker was killed', worker: this.name };
      if (signal === 'SIGKILL') this.o.excuses.begin(killed)();
      const { restartMs } = this;
      this.restartMs = RESTART_MS;
      if (this.#wanted) await sleep(restartMs);
    }
  }

  #startWorker(): Promise<TestWorker> {
    const { conf, environment, number, clock, watchedRedis } = this.o;
    return startWorker({
      folder: this.folder,
      before: this.memory.enter,
      args: ['--slot', String(number)],
      conf: {
        ...conf,
        ...(watchedRedis ?? { redis_url: `redis://127.0.0.1:${this.way.port}` }),
        result_dir: this.disk,
        ...this.settings,
      },
      environment: { ...environment, ...clock.environment },
      waitUntilReady: false,
      ...(this.program === undefined ? {} : { program: this.program }),
    });
  }
}
