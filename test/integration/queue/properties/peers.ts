/**
 * Two workers of the original and its manager. Each of their round trips is a step of a story, that somebody
 * else judges.
 */
import type { RedisConnection } from '../../../../src/queue/connection';
import { OriginalManager } from '../../../setup/original/manager';
import type { Command, Strand } from '../../../setup/original/strand';
import { OriginalWorker } from '../../../setup/original/worker';
import type { Told } from './crew';
import { short } from './lines';

export type ManagerCommand =
  | 'load'
  | 'cleanup'
  | 'move in progress'
  | 'move failed'
  | 'remove finished'
  | 'init';

interface Original {
  readonly worker: OriginalWorker;
  /** Its Python runs. Its commands may live on without it. */
  alive: boolean;
  hasBeaten: boolean;
  /** How often it has looked for a task. */
  looks: number;
}

/** A round trip of an original that is to be judged. */
export interface RoundTrip {
  readonly command: Command;
  /** The traceback that came with it. */
  readonly stopped: Error | undefined;
}

const CONF = {
  min_dram_gb_accept_new_task: 0,
  min_dram_gb_trigger_return: 10,
  max_retry_per_task: 2,
  max_task_per_worker: 4,
};
export const NAMES = ['n1', 'n2'] as const;
const ENOUGH_GB = 0;
const TOO_MUCH_GB = 250;
const HOUR = 3600;

export interface PeersListener {
  /** After each round trip, with what it was in words. */
  onRoundTrip(roundTrip: RoundTrip, told: string): Promise<void>;
  /** Somebody died between two commands: this line is in no state now. */
  onLost(line: string): void;
}

export class Peers {
  #originals: Original[] = [];
  #commands: { words: string; strand: Strand<unknown> }[] = [];
  #seconds = Math.round(Date.now() / 1000);

  constructor(
    private readonly redis: RedisConnection,
    private readonly listener: PeersListener,
  ) {}

  async original(
    which: number,
    part: 'main' | 'heartbeat' | 'monitor',
    times: number,
  ): Promise<Told> {
    const original = this.#originalCalled(NAMES[which] ?? 'n1');
    const { worker } = original;
    worker.host = { ...worker.host, usedGb: part === 'monitor' ? TOO_MUCH_GB : ENOUGH_GB };
    for (let i = 0; i < times; i++) {
      if (part === 'main' && commandOf(worker.main)?.[0] === 'HLEN') original.looks += 1;
      // Its second look for a task comes four seconds after its start, as does this.
      if (original.looks === 2 && !original.hasBeaten) await this.#beat(original);
      if (part === 'heartbeat') await this.#beat(original);
      else if (!(await this.#roundTrip(`${worker.name} ${part}`, worker[part]))) break;
    }
    return undefined;
  }

  async #beat(original: Original): Promise<void> {
    await this.#roundTrip(original.worker.name, original.worker.heartbeat);
    original.hasBeaten = true;
  }

  /** The command of one of its tasks ends. */
  async ends(which: number, exit: number): Promise<Told> {
    const running = this.#originals.flatMap(({ worker }) =>
      worker.processes.flatMap(process => (process.report ? [] : [{ worker, process }])),
    );
    const found = running[which % Math.max(1, running.length)];
    if (!found) return undefined;
    const { worker, process } = found;
    process.end({ exit, stdout: `${worker.name} ran it` });
    return `${worker.name}: the command of ${short(process.task.line)} ends with ${exit}`;
  }

  async reports(which: number, times: number): Promise<Told> {
    const reports = this.#originals.flatMap(({ worker }) =>
      worker.processes.flatMap(({ report }) => (report ? [{ worker, report }] : [])),
    );
    const found = reports[which % Math.max(1, reports.length)];
    if (!found) return undefined;
    for (let i = 0; i < times; i++) {
      if (!(await this.#roundTrip(`${found.worker.name} report`, found.report))) break;
    }
    return undefined;
  }

  /** Its Python is killed; its commands live on, or die too. */
  async kill(which: number, commandsToo: boolean): Promise<Told> {
    const original = this.#originals.find(
      ({ alive, worker }) => alive && worker.name === NAMES[which],
    );
    if (!original) return undefined;
    const { worker } = original;
    original.alive = false;
    this.#losing([worker.main, worker.monitor]);
    if (commandsToo) this.#losing(worker.processes.flatMap(({ report }) => report ?? []));
    if (commandsToo) worker.stop();
    else worker.die();
    return `${worker.name} is killed${commandsToo ? ', its commands too' : ''}`;
  }

  async manage(command: ManagerCommand, lines: readonly string[], ahead: boolean): Promise<Told> {
    const now = () => Date.now() / 1000 + (ahead ? HOUR : 0);
    const manager = new OriginalManager(this.redis, { now });
    const strands: Record<ManagerCommand, () => Strand<unknown>> = {
      load: () => manager.loadTask(lines.join('\n')),
      cleanup: () => manager.cleanup(),
      'move in progress': () => manager.moveInProgressTaskToTodo(),
      'move failed': () => manager.moveFailedTaskToTodo(),
      'remove finished': () => manager.removeFinishedTask(),
      init: () => manager.initRedis(),
    };
    this.#commands = this.#commands.filter(({ strand }) => !strand.over);
    this.#commands.push({ words: `manager ${command}`, strand: strands[command]() });
    return this.manager(this.#commands.length - 1, 2);
  }

  async manager(which: number, times: number): Promise<Told> {
    const command = this.#commands[which % Math.max(1, this.#commands.length)];
    if (!command) return undefined;
    for (let i = 0; i < times; i++) {
      if (!(await this.#roundTrip(command.words, command.strand))) break;
    }
    return undefined;
  }

  /** All are killed, their commands too. */
  killAll(): void {
    this.#losing(this.#commands.map(({ strand }) => strand));
    for (const { strand } of this.#commands) strand.kill();
    for (const { worker } of this.#originals) {
      this.#losing(worker.ready);
      worker.stop();
    }
    this.#originals = [];
  }

  /** Each starts once more, takes back what was its own, and is killed before it looks for tasks. */
  async takeBack(): Promise<void> {
    for (const name of NAMES) {
      const { main } = this.#originalCalled(name).worker;
      while (commandOf(main)?.[0] !== 'HLEN') await this.#roundTrip(`${name} starts`, main);
      await this.kill(NAMES.indexOf(name), true);
    }
  }

  /** Whoever lives shows it. */
  async beatAll(): Promise<void> {
    for (const original of this.#originals) {
      if (original.alive && original.hasBeaten) await this.#beat(original);
    }
  }

  /** What was under way before is done now. */
  async goOn(underWay: ReadonlyMap<Strand<unknown>, Command | undefined>): Promise<void> {
    for (const [strand, command] of underWay) {
      if (strand.next === command) await this.#roundTrip('meanwhile', strand);
    }
  }

  /** Lines that somebody took from one hash and will put into another with the next round trip. */
  gaps(): Map<string, Strand<unknown>> {
    const strands: Strand<unknown>[] = this.#commands.map(({ strand }) => strand);
    for (const { worker } of this.#originals) strands.push(...worker.ready);
    const gaps = new Map<string, Strand<unknown>>();
    for (const strand of strands) {
      const line = lineInGap(strand);
      if (line !== undefined) gaps.set(line, strand);
    }
    return gaps;
  }

  #originalCalled(name: string): Original {
    const found = this.#originals.find(({ alive, worker }) => alive && worker.name === name);
    const closed = found?.worker.main.over && !found.worker.main.error;
    if (found && !closed) return found;
    if (found) found.alive = false;
    const now = () => {
      this.#seconds += 4;
      return this.#seconds;
    };
    const worker = new OriginalWorker(this.redis, name, { conf: CONF, now });
    const original = { worker, alive: true, hasBeaten: false, looks: 0 };
    this.#originals.push(original);
    return original;
  }

  /** @returns false when there was none to make. */
  async #roundTrip(who: string, strand: Strand<unknown>): Promise<boolean> {
    const command = strand.next;
    if (!command) return false;
    const stopped: Error | undefined = await strand.step().then(
      () => undefined,
      error => error,
    );
    const told = `${who}: ${tell(command)}${stopped ? ` → stops: ${stopped.message}` : ''}`;
    await this.listener.onRoundTrip({ command, stopped }, told);
    return true;
  }

  #losing(strands: readonly Strand<unknown>[]): void {
    for (const strand of strands) {
      const line = lineInGap(strand);
      if (line !== undefined) this.listener.onLost(line);
    }
  }
}

function commandOf(strand: Strand<unknown>): readonly string[] | undefined {
  const { next } = strand;
  return next === undefined || 'transaction' in next ? undefined : next;
}

function lineInGap(strand: Strand<unknown>): string | undefined {
  const [name, key, line = ''] = commandOf(strand) ?? [];
  const puts = name === 'HSET' && (key === 'todo_tasks' || key === 'in_progress_tasks');
  return puts && !line.startsWith('WORKER_COMMAND_CLOSE') ? line : undefined;
}

function tell(command: Command): string {
  if ('transaction' in command) return `MULTI ${command.transaction.map(tell).join(', ')}`;
  const [name = '', key = '', line, value] = command;
  const words = [name, key, ...(line === undefined ? [] : [short(line)])];
  return [...words, ...(value === undefined ? [] : [`= ${value}`])].join(' ').trim();
}
