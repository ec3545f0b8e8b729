/**
 * Workers of ours by protocol alone, that crash, freeze, and lose, repeat or delay their calls. Each method
 * is a step of a story: it answers what happened in words, or undefined if there was nothing to do.
 */
import type { CycleAnswer } from '../../../../src/queue/cycle';
import { drain } from '../../../../src/queue/drain';
import {
  holderOf,
  type Registration,
  type RenewAnswer,
  register,
} from '../../../../src/queue/membership';
import type { Queue } from '../../../../src/queue/queue';
import { Actor, type Call, type CycleCall } from '../../../setup/actor';
import type { Reading } from '../../../setup/invariants';
import { short, shorts } from './lines';

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

const SLOTS = 3;
const MOST_LATE_CALLS = 12;
const ROOM = { memoryGb: 12, cores: 3 };

export class Crew {
  readonly #workers: (Worker | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  #late: LateCall[] = [];
  #names = 0;
  #words = 0;

  constructor(
    private readonly queue: Queue,
    private readonly maxAttempts: number,
    /** Called before a call goes out that may claim. */
    private readonly asks: () => void,
  ) {}

  get lateCalls(): number {
    return this.#late.length;
  }

  /** Nobody is told. */
  die(): void {
    this.#workers.fill(undefined);
  }

  async drain(slot: number): Promise<Told> {
    const worker = this.#workers[slot];
    if (!worker) return undefined;
    const unknown = await drain(this.queue, [worker.actor.name]);
    return unknown.length === 0 ? `drain ${worker.actor.name}` : undefined;
  }

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
    this.asks();
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

  /** A call that went out before arrives: again, or at last. */
  async arrive(which: number): Promise<Told> {
    const late = this.#late[which];
    if (!late) return undefined;
    await late.send();
    return `arrives late: ${late.words}`;
  }

  /** What a live worker owns in Redis and does not know of. Nobody would ever run it. */
  phantoms(reading: Reading): string[] {
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

  forgetsCalls(): void {
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
}
