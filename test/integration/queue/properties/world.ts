/**
 * The world of a story: a queue, workers of ours that crash, freeze, and lose, repeat or delay their
 * calls, and a Redis that forgets. Each method is a step; it answers what happened in words, or
 * undefined if there was nothing to do.
 */
import { cancel } from '../../../../src/queue/cancel';
import { clear } from '../../../../src/queue/clear';
import { close, open } from '../../../../src/queue/close';
import type { CycleAnswer } from '../../../../src/queue/cycle';
import { drain } from '../../../../src/queue/drain';
import {
  holderOf,
  type Registration,
  type RenewAnswer,
  register,
} from '../../../../src/queue/membership';
import { pause, resume } from '../../../../src/queue/pause';
import type { Queue } from '../../../../src/queue/queue';
import { recover } from '../../../../src/queue/recover';
import { removeFinished } from '../../../../src/queue/removeFinished';
import { retry } from '../../../../src/queue/retry';
import { states } from '../../../../src/queue/states';
import { submit } from '../../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../../src/queue/sweep';
import { undo } from '../../../../src/queue/undo';
import { Actor, type Call, type CycleCall } from '../../../setup/actor';
import { problemsOf, type Reading } from '../../../setup/invariants';
import { type Licence, resultsOf, wrongInStep } from './ledger';
import { LINES, short, shorts } from './lines';
import { type Memory, memorize, remember } from './memory';

export type Told = string | undefined;

/** What becomes of a task at its worker's next `cycle`; the last one goes on as it is. */
export type Fate = 'begins' | 'finishes' | 'fails' | 'goes back' | 'takes too much memory' | 'runs';

/** What becomes of a call and its answer. */
export type Delivery =
  | 'is answered'
  /** The answer is lost, the call is sent again at once. */
  | 'is sent twice'
  /** The answer is lost; the worker's next step sends the call again. */
  | 'loses its answer'
  /** It has not arrived when the worker's next step sends it again. */
  | 'hangs';

export interface CycleStep {
  slot: number;
  fates: readonly Fate[];
  lanes: number;
  buffer: number;
  /** It keeps itself free at once for a task that does not fit yet, not only after a minute. */
  keepsFree: boolean;
  delivery: Delivery;
}

/** A call that its worker has not seen answered. */
interface Unanswered {
  again(): Promise<string>;
}

interface Worker {
  readonly actor: Actor;
  unanswered?: Unanswered | undefined;
  /** Its last call was refused: the next one is a heartbeat. */
  mustRenew: boolean;
  draining: boolean;
  /** Redis lost what it was told since its last heartbeat. */
  rewound: boolean;
}

/** A call that went out, and may arrive again or for the first time at any moment. */
interface LateCall {
  readonly words: string;
  send(): Promise<unknown>;
}

interface Journal {
  readonly words: string;
  readonly id: string;
  /** What the action took out of every state. */
  readonly removed: readonly string[];
}

interface Saved {
  readonly memory: Memory;
  readonly submitted: ReadonlySet<string>;
}

const SLOTS = 3;
const MOST_LATE_CALLS = 12;
const ROOM = { memoryGb: 12, cores: 3 };

export class World {
  /** Every line that was submitted and that nobody removed. */
  submitted = new Set<string>();
  /** What the step under way may do. */
  licence: Licence = {};
  #barred = { paused: false, closed: false };
  readonly #workers: (Worker | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  #late: LateCall[] = [];
  readonly #journals: Journal[] = [];
  #saved: Saved | undefined;
  #names = 0;
  #words = 0;

  constructor(
    readonly queue: Queue,
    protected readonly maxAttempts = 2,
  ) {}

  /** What is told of a step that is not over, to be judged at once. Set by whoever plays. */
  checkpoint: (told: string) => Promise<void> = async () => undefined;

  // What people do ---------------------------------------------------------------------------------

  async submit(lines: readonly string[]): Promise<Told> {
    const verdicts = await submit(this.queue, lines);
    lines.forEach((line, i) => {
      if (verdicts[i] !== 'unsettled') this.submitted.add(line);
    });
    return `submit ${lines.map((line, i) => `${short(line)} (${verdicts[i]})`).join(', ')}`;
  }

  async cancel(lines: readonly string[]): Promise<Told> {
    const id = this.#journal('cancel');
    const verdicts = await cancel(this.queue, lines, { undoId: id });
    const done = lines.filter((_, i) => verdicts[i] === 'cancelled');
    return done.length > 0 ? `cancel ${shorts(done)}` : undefined;
  }

  async retry(lines: readonly string[], memoryGb: number): Promise<Told> {
    const id = this.#journal('retry');
    const verdicts = await retry(this.queue, lines, { undoId: id, memoryGb });
    const done = lines.filter((_, i) => verdicts[i] === 'retried');
    return done.length > 0 ? `retry ${shorts(done)}` : undefined;
  }

  async removeFinished(): Promise<Told> {
    this.licence = { removes: true };
    const lines = await this.queue.redis.hkeys(this.queue.keys.finished);
    const id = this.#journal('remove finished', lines);
    if ((await removeFinished(this.queue, { undoId: id })) === 0) return undefined;
    for (const line of lines) this.submitted.delete(line);
    return `remove finished: ${shorts(lines)}`;
  }

  async clear(): Promise<Told> {
    this.licence = { removes: true };
    const id = this.#journal('clear', [...this.submitted]);
    await clear(this.queue, { undoId: id });
    this.submitted.clear();
    this.#barred.closed = false;
    return 'clear';
  }

  async undo(which: number): Promise<Told> {
    const journal = this.#journals[this.#journals.length - 1 - which];
    if (!journal) return undefined;
    const done = await undo(this.queue, journal.id);
    if (!done) return undefined;
    const { removed, words } = journal;
    const now = done.unsettled > 0 ? await states(this.queue, removed) : [];
    removed.forEach((line, i) => {
      if (now[i] !== 'absent') this.submitted.add(line);
    });
    return `undo ${words}: ${done.undone} undone, ${done.kept} kept, ${done.unsettled} unsettled`;
  }

  async pause(on: boolean): Promise<Told> {
    const changed = on ? await pause(this.queue) : await resume(this.queue);
    this.#barred.paused = on;
    return changed ? (on ? 'pause' : 'resume') : undefined;
  }

  async close(on: boolean): Promise<Told> {
    const changed = on ? await close(this.queue) : await open(this.queue);
    this.#barred.closed = on;
    return changed ? (on ? 'close' : 'open') : undefined;
  }

  async drain(slot: number): Promise<Told> {
    const worker = this.#workers[slot];
    if (!worker) return undefined;
    const unknown = await drain(this.queue, [worker.actor.name]);
    return unknown.length === 0 ? `drain ${worker.actor.name}` : undefined;
  }

  // What workers do --------------------------------------------------------------------------------

  /** Answers its words, or undefined if its name is held by another. */
  async start(slot: number): Promise<Told> {
    if (this.#workers[slot]) return undefined;
    const name = `w~${slot}`;
    const held = await holderOf(this.queue, name);
    const actor = new Actor(this.queue, name, {
      maxAttempts: this.maxAttempts,
      retryElsewhereMs: slot === 0 ? 10_000 : 0,
      machine: `m${slot}`,
    });
    // Whoever has the name and is no worker of this world any more is a process that is gone.
    const gone = held !== undefined && !this.#isLive(held) ? held : undefined;
    const words = `${name} ${gone ? 'takes over from a dead one' : 'registers'} as ${actor.instance}`;
    const send = () => actor.register(gone);
    this.#wentOut(words, send);
    const answer = await send();
    if (!answer.registered) return undefined;
    this.#workers[slot] = { actor, mustRenew: false, draining: false, rewound: false };
    return words;
  }

  async cycle(step: CycleStep): Promise<Told> {
    const worker = this.#workers[step.slot];
    if (!worker) return this.start(step.slot);
    if (worker.unanswered) return worker.unanswered.again();
    if (worker.mustRenew) return this.renew(step.slot, step.delivery);
    const { actor } = worker;
    const ends = [...actor.held].flatMap(([line, { runs }], i) => {
      const fate = step.fates[i] ?? 'runs';
      return this.#meet(actor, line, runs, fate) ?? [];
    });
    const { lanes, buffer } = worker.draining ? { lanes: 0, buffer: 0 } : step;
    if (this.#barred.paused || this.#barred.closed) this.licence = { claimsNothing: true };
    const call = actor.prepareCycle({
      ...ROOM,
      lanes,
      buffer,
      bigTaskWaitMs: step.keepsFree ? 0 : 60_000,
    });
    const room = `${lanes} to run, ${buffer} to buffer`;
    const words = `${actor.name} cycle ${call.seq} [${ends.join(', ')}] (${room})`;
    return this.#send(worker, words, call, step.delivery, answer =>
      this.#believeCycle(worker, call, answer),
    );
  }

  async renew(slot: number, delivery: Delivery): Promise<Told> {
    const worker = this.#workers[slot];
    if (!worker) return this.start(slot);
    if (worker.unanswered) return worker.unanswered.again();
    const call = worker.actor.prepareRenew();
    const words = `${worker.actor.name} renew ${call.seq}`;
    return this.#send(worker, words, call, delivery, answer =>
      this.#believeRenewal(worker, slot, answer),
    );
  }

  async leave(slot: number): Promise<Told> {
    const worker = this.#workers[slot];
    if (!worker || worker.unanswered) return undefined;
    const words = `${worker.actor.name} leaves`;
    const send = () => worker.actor.leave();
    this.#wentOut(words, send);
    this.#workers[slot] = undefined;
    await send();
    return words;
  }

  /** Nobody is told: its name is held until it is found lost, or another takes over. */
  async crash(slot: number): Promise<Told> {
    const worker = this.#workers[slot];
    this.#workers[slot] = undefined;
    return worker && `${worker.actor.name} (${worker.actor.instance}) dies`;
  }

  /** Looks at heartbeats; six in a row find everyone lost who is silent, dead or frozen. */
  async look(times: number): Promise<Told> {
    const lost: string[] = [];
    for (let i = 0; i < times; i++) {
      lost.push(...(await recover(this.queue, 0)).map(({ worker }) => worker));
    }
    return `${times} looks${lost.length > 0 ? `, lost: ${lost.join(', ')}` : ''}`;
  }

  async sweep(): Promise<Told> {
    const { indexed } = await sweep(this.queue, SWEEP_START, 1000);
    return `sweep${indexed > 0 ? `, ${indexed} indexed` : ''}`;
  }

  /** A call that went out before arrives: again, or at last. */
  async arrive(which: number): Promise<Told> {
    const late = this.#late[which];
    if (!late) return undefined;
    await late.send();
    return `arrives late: ${late.words}`;
  }

  // What Redis does --------------------------------------------------------------------------------

  async flush(): Promise<Told> {
    this.licence = { removes: true };
    await this.queue.redis.flushall();
    this.forgetsAll();
    return 'FLUSHALL';
  }

  /** As far as this the data is on the disk. */
  async save(): Promise<Told> {
    const memory = await memorize(this.queue.redis);
    this.#saved = { memory, submitted: new Set(this.submitted) };
    return 'Redis saves';
  }

  /** It comes back as of the last save. */
  async restart(): Promise<Told> {
    if (!this.#saved) return undefined;
    this.licence = { removes: true };
    await remember(this.queue.redis, this.#saved.memory);
    this.submitted = new Set(this.#saved.submitted);
    this.#forgetsCalls();
    const { paused, todo } = this.queue.keys;
    this.#barred = {
      paused: (await this.queue.redis.exists(paused)) === 1,
      closed: (await this.queue.redis.hexists(todo, 'WORKER_COMMAND_CLOSE')) === 1,
    };
    return 'Redis restarts as of its last save';
  }

  // The end ----------------------------------------------------------------------------------------

  get lateCalls(): number {
    return this.#late.length;
  }

  /** Nothing but what is in Redis remains of the originals. */
  async endPeers(): Promise<Told> {
    return undefined;
  }

  /** Everyone dies and is found lost. */
  async loseAll(): Promise<Told> {
    this.#workers.fill(undefined);
    return this.look(6);
  }

  /** A last worker finishes all that is left. */
  async drainAll(): Promise<Told> {
    await this.pause(false);
    await this.close(false);
    const last = new Actor(this.queue, 'last~1', { maxAttempts: this.maxAttempts });
    await last.register();
    await last.renew();
    for (let finished = -1; finished !== 0; ) {
      await this.sweep();
      finished = await last.drain(LINES.length);
    }
    return 'last~1 finishes the rest';
  }

  /** What is wrong after a step: everything is expected to hold always. */
  judge(before: Reading, after: Reading): string[] {
    return [
      ...problemsOf(after, this.submitted).map(({ text }) => text),
      ...wrongInStep(before, after, this.licence),
      ...this.phantoms(after),
    ];
  }

  /** What is wrong when the story is over and all is drained. */
  judgeEnd(end: Reading): string[] {
    return [...this.submitted].flatMap(line => {
      if (end.todo.has(line) || end.inProgress.has(line)) return [`not ended: ${short(line)}`];
      if (!end.finished.has(line)) return [];
      const results = resultsOf(end, line);
      return results === 1 ? [] : [`finished with ${results} recorded results: ${short(line)}`];
    });
  }

  /** What a live worker owns in Redis and does not know of. Nobody would ever run it. */
  protected phantoms(reading: Reading): string[] {
    return this.#workers.flatMap(worker => {
      if (!worker || worker.unanswered || worker.mustRenew || worker.rewound) return [];
      const { actor } = worker;
      const known = [...actor.held.values(), ...actor.unreported];
      const owned = [...(reading.owned.get(actor.instance) ?? [])];
      return owned.flatMap(([line, entry]) =>
        known.some(task => task.line === line && `${task.seq}` === entry.split(':')[0])
          ? []
          : [`owned by ${actor.name} (${entry}), which does not hold it: ${short(line)}`],
      );
    });
  }

  /** After FLUSHALL, whoever sent it. */
  protected forgetsAll(): void {
    this.submitted.clear();
    this.#barred = { paused: false, closed: false };
    this.#forgetsCalls();
  }

  #forgetsCalls(): void {
    for (const worker of this.#workers) if (worker) worker.rewound = true;
  }

  #isLive(holder: string): boolean {
    const instance = holder.split(' ')[0];
    return this.#workers.some(worker => worker?.actor.instance === instance);
  }

  #meet(actor: Actor, line: string, runs: boolean, fate: Fate): Told {
    if (fate === 'begins' && !runs) actor.begin(line);
    else if (fate === 'goes back') actor.giveBack(line);
    else if (fate === 'finishes' && runs) actor.finish(line, this.#say(actor));
    else if (fate === 'fails' && runs) actor.fail(line, { exit: 1, err: this.#say(actor) });
    else if (fate === 'takes too much memory' && runs) actor.giveBackForMemory(line, 7);
    else return undefined;
    return `${short(line)} ${fate}`;
  }

  /** Words that no other attempt says. */
  #say(actor: Actor): string {
    this.#words += 1;
    return `${actor.name} says ${this.#words}`;
  }

  async #send<Answer>(
    worker: Worker,
    words: string,
    call: Call<Answer>,
    delivery: Delivery,
    believe: (answer: Answer) => Promise<string>,
  ): Promise<string> {
    this.#wentOut(words, () => call.send());
    const again = async () => {
      worker.unanswered = undefined;
      return `${words}, sent again${await believe(await call.send())}`;
    };
    if (delivery === 'hangs' || delivery === 'loses its answer') {
      if (delivery === 'loses its answer') await call.send();
      worker.unanswered = { again };
      return `${words} ${delivery}`;
    }
    if (delivery === 'is sent twice') await call.send();
    return `${words}${await believe(await call.send())}`;
  }

  async #believeCycle(worker: Worker, call: CycleCall, answer: CycleAnswer): Promise<string> {
    if (answer.kind === 'ok') {
      const lines = worker.actor.accept(call, answer);
      return lines.length > 0 ? ` → ${shorts(lines)}` : '';
    }
    worker.actor.takeBack(call);
    worker.mustRenew = true;
    return ` → ${answer.kind}`;
  }

  async #believeRenewal(worker: Worker, slot: number, answer: RenewAnswer): Promise<string> {
    if (answer.kind === 'stale') throw new Error(`${worker.actor.name}: its own renew is stale`);
    if (answer.kind === 'taken') return this.#rename(worker, slot);
    worker.actor.acceptRenewal(answer);
    worker.mustRenew = false;
    worker.rewound = false;
    worker.draining ||= answer.draining;
    return answer.toEnd.length > 0 ? ` → no longer its: ${shorts(answer.toEnd)}` : '';
  }

  /** Its name is another's: it goes on under a new one, with what it holds. */
  async #rename({ actor, ...rest }: Worker, slot: number): Promise<string> {
    const name = `w~${SLOTS + this.#names++}`;
    const answer: Registration = await register(this.queue, name, actor.holder);
    if (!answer.registered) throw new Error(`a new name is held by ${answer.held}`);
    actor.name = name;
    this.#workers[slot] = { actor, ...rest, mustRenew: true };
    return ` → its name is taken, it is ${name} now`;
  }

  #wentOut(words: string, send: () => Promise<unknown>): void {
    this.#late = [{ words, send }, ...this.#late].slice(0, MOST_LATE_CALLS);
  }

  #journal(words: string, removed: readonly string[] = []): string {
    const id = `undo${this.#journals.length}`;
    this.#journals.push({ words, id, removed });
    return id;
  }
}
