/** Random interleavings of workers that crash, freeze, and repeat or delay their calls. */
import { expect, it } from 'vitest';
import { clear } from '../../../src/queue/clear';
import { counts } from '../../../src/queue/counts';
import { details } from '../../../src/queue/details';
import { recover } from '../../../src/queue/recover';
import { retry } from '../../../src/queue/retry';
import { states } from '../../../src/queue/states';
import { submit } from '../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../src/queue/sweep';
import { Actor, type Call } from '../../setup/actor';
import { checkInvariants } from '../../setup/invariants';
import { lookSixTimes, useQueue } from './harness';

const test = useQueue();

const SEEDS = 30;
const STEPS = 80;
const LINES = [
  ...Array.from({ length: 6 }, (_, i) => `shell:${i % 2}:0:0:echo ${i}`),
  ...Array.from({ length: 3 }, (_, i) => `shell:1:${i + 4}:1:echo ${i}`),
  ...Array.from({ length: 3 }, (_, i) => `shell:1:0:0:echo own:${i}`),
];

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Play {
  readonly submitted = new Set<string>();
  readonly told: string[] = [];
  /** Calls that went out and may arrive again, or for the first time, at any later moment. */
  readonly #onTheWay: Call<unknown>[] = [];
  readonly #workers: (Actor | undefined)[] = [undefined, undefined, undefined];
  readonly #random: () => number;
  readonly #steps: readonly (readonly [
    weight: number,
    name: string,
    step: () => Promise<unknown>,
  ])[];

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
    const { queue, redis } = test;
    this.#steps = [
      [4, 'submit', () => this.#submit()],
      [6, 'cycle', () => this.#withWorker(w => this.#cycle(w))],
      [3, 'renew', () => this.#withWorker(w => this.#renew(w))],
      [3, 'look', () => recover(queue, 0)],
      [1, 'lose', () => lookSixTimes(queue)],
      [3, 'late call', () => this.#lateCall()],
      [1, 'crash', () => this.#crash()],
      [1, 'restart', () => this.#withWorker(w => this.#restart(w))],
      [1, 'leave', () => this.#withWorker(w => this.#leave(w))],
      [1, 'retry', () => retry(queue, LINES)],
      [1, 'sweep', () => sweep(queue, SWEEP_START, 100)],
      [0.3, 'clear', () => clear(queue).then(() => this.submitted.clear())],
      [0.2, 'flush', () => redis.flushall().then(() => this.submitted.clear())],
    ];
  }

  async step(): Promise<void> {
    let left = this.#random() * this.#steps.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, name, act] of this.#steps) {
      left -= weight;
      if (left >= 0) continue;
      this.told.push(name);
      await act();
      return;
    }
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  async #submit(): Promise<void> {
    const some = LINES.filter(() => this.#random() < 0.4);
    await submit(test.queue, some);
    for (const line of some) this.submitted.add(line);
  }

  /** A worker of one of three names, started if there is none. */
  async #withWorker(act: (worker: Actor, slot: number) => Promise<unknown>): Promise<void> {
    const slot = Math.floor(this.#random() * this.#workers.length);
    const found = this.#workers[slot];
    if (found) {
      await act(found, slot);
      return;
    }
    const fresh = new Actor(test.queue, `w~${slot}`, { maxAttempts: 2, retryElsewhereMs: 0 });
    const answer = await fresh.register();
    if (answer.registered) this.#workers[slot] = fresh;
  }

  async #cycle(w: Actor): Promise<void> {
    for (const line of w.lines) {
      const fate = this.#random();
      if (fate < 0.3) w.finish(line, w.instance);
      else if (fate < 0.5) w.fail(line);
      else if (fate < 0.6) w.giveBack(line);
    }
    const call = w.prepareCycle({ lanes: Math.floor(this.#random() * 4), memoryGb: 5, cores: 3 });
    if (this.#random() < 0.15) {
      // It hangs on a dead connection: sent again at once, and it arrives some time.
      this.#onTheWay.push(call);
    }
    let answer = await call.send();
    if (this.#random() < 0.2) answer = await call.send();
    if (answer.kind === 'ok') w.accept(call, answer);
    if (answer.kind === 'unregistered') await this.#renew(w);
    this.#onTheWay.push(call);
  }

  async #renew(w: Actor): Promise<void> {
    const call = w.prepareRenew();
    this.#onTheWay.push(call);
    const answer = await call.send();
    if (answer.kind === 'ok') for (const line of answer.toEnd) w.held.delete(line);
    if (answer.kind === 'taken') this.#workers[this.#workers.indexOf(w)] = undefined;
  }

  async #lateCall(): Promise<void> {
    await this.#pick(this.#onTheWay)?.send();
  }

  /** Nobody knows: its name is held until it is lost. */
  async #crash(): Promise<void> {
    this.#workers[Math.floor(this.#random() * this.#workers.length)] = undefined;
  }

  async #restart(w: Actor, slot = this.#workers.indexOf(w)): Promise<void> {
    const next = new Actor(test.queue, w.name, { maxAttempts: 2, retryElsewhereMs: 0 });
    const answer = await next.takeOver(w);
    this.#workers[slot] = answer.registered ? next : undefined;
  }

  async #leave(w: Actor): Promise<void> {
    await w.leave();
    this.#workers[this.#workers.indexOf(w)] = undefined;
  }
}

it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  'every invariant holds after every call, and nothing is lost: seed %i',
  async seed => {
    const { queue } = test;
    const play = new Play(seed);
    for (let step = 0; step < STEPS; step++) {
      await play.step();
      await checkInvariants(queue, [...play.submitted]).catch(error => {
        throw new Error(`after ${play.told.join(', ')}: ${error.message}`, { cause: error });
      });
    }
    // All workers die; a new one ends what is left.
    await lookSixTimes(queue);
    const last = await Actor.start(queue, 'last~1');
    await last.drain();
    const all = [...play.submitted];
    await checkInvariants(queue, all);
    expect(await counts(queue)).toMatchObject({ todo: 0, inProgress: 0 });
    const found = await states(queue, all);
    expect(found.every(state => state === 'finished' || state === 'failed')).toBe(true);
    for (const line of all) {
      // One recorded result a task, and nothing after it.
      const { attempts } = await details(queue, line);
      const successes = attempts.filter(record => record.exit === 0);
      expect(successes.length).toBeLessThanOrEqual(1);
      if (successes.length > 0) expect(attempts[0]?.exit).toBe(0);
    }
  },
);
