/**
 * Looks at the queue again and again while everything goes on, and says what is wrong. A look copies all of
 * Redis in one moment to a second server, and reads it there: so the workers are not held up, and what is read
 * belongs together.
 */
import type { Queue } from '../../src/queue/queue';
import { type Licence, standing, wrongInStep } from '../integration/queue/properties/ledger';
import { problemsOf, Reading } from '../setup/invariants';
import { type Memory, memorize, remember } from '../setup/memory';
import type { Excuses } from './excuses';
import { uptime } from './excuses';
import { idOf } from './tasks';

export interface JudgeOptions {
  /** A connection of its own to the Redis of the run. */
  readonly queue: Queue;
  /** The same queue on the second server. */
  readonly copy: Queue;
  readonly excuses: Excuses;
  /** After so long without a heartbeat a worker is lost, seconds. */
  readonly deadSeconds: number;
  /** Ids of lines that an original has touched: it may leave them in trouble until they are healed. */
  readonly touched: ReadonlySet<string>;
  /** How long a worker has waited for a core since it started, seconds. */
  readonly waitedForCore: (worker: string) => number;
}

export class Judge {
  /** Everything that was wrong, each once. */
  readonly wrong = new Set<string>();
  /** Every line that was submitted and that nobody removed. */
  expected = new Set<string>();
  looks = 0;
  /** Told of each of them, when it is found. */
  onWrong: (text: string) => void = () => undefined;
  /** From when on all that originals left must be healed. */
  strict = false;
  #before: Reading | undefined;
  #lookedAt = uptime();
  readonly #knownLost = new Set<string>();

  constructor(private readonly o: JudgeOptions) {}

  /** Whoever calls sees to it that `expected` changes at no moment meanwhile. */
  async look(): Promise<Reading> {
    const reading = await this.read();
    const problems = problemsOf(reading, this.expected);
    // Counts are of what is there: beside what an original left, they say nothing more.
    const others = problems.filter(({ kind }) => kind !== 'counts');
    const told = others.length > 0 ? others : problems;
    for (const { text } of told) this.#say(text);
    if (this.#before) {
      for (const text of wrongInStep(this.#before, reading, this.#licence())) this.#say(text);
    }
    this.#before = reading;
    await this.#judgeLost();
    this.#lookedAt = uptime();
    this.looks += 1;
    return reading;
  }

  async read(): Promise<Reading> {
    return this.#readIn(await memorize(this.o.queue.redis));
  }

  async #readIn(memory: Memory): Promise<Reading> {
    await remember(this.o.copy.redis, memory);
    return Reading.of(this.o.copy);
  }

  /** Tasks or results were removed, or Redis forgot them: what stood before says nothing. */
  forget(): void {
    this.#before = undefined;
  }

  /**
   * Redis forgot: what stands now is what was submitted. Answers which lines are gone, and of how many
   * the result is.
   */
  async forgot(had: Memory): Promise<{ gone: string[]; results: number }> {
    this.forget();
    const before = await this.#readIn(had);
    const now = await this.read();
    const stands = standing(now);
    const gone = [...this.expected].filter(line => !stands.has(line));
    for (const line of gone) this.expected.delete(line);
    const kept = (line: string, result: string) => now.finished.get(line) === result;
    const results = [...before.finished].filter(([line, result]) => !kept(line, result)).length;
    return { gone, results };
  }

  say(text: string): void {
    if (!this.wrong.has(text)) this.onWrong(text);
    this.wrong.add(text);
  }

  #licence(): Licence {
    return this.o.touched.size > 0 ? { cleans: true } : {};
  }

  #say(text: string): void {
    if (this.strict || !this.o.touched.has(idOf(text))) this.say(text);
  }

  /** Nobody may be found lost whom no fault met: not for Redis being away, however long. */
  async #judgeLost(): Promise<void> {
    const { redis, keys } = this.o.copy;
    for (const entry of await redis.lrange(keys.lost, 0, -1)) {
      if (this.#knownLost.has(entry)) continue;
      this.#knownLost.add(entry);
      const [at = 0, beat = 0] = entry.split(':').map(Number);
      const name = entry.slice(entry.lastIndexOf(':') + 1);
      const since = this.#lookedAt - 3 * this.o.deadSeconds;
      const met = this.o.excuses.find(({ worker, to }) => worker === name && to >= since);
      const silent = `silent for ${(at - beat) / 1000} s, waited for a core for ${this.o.waitedForCore(name)} s in all`;
      if (!met) this.say(`found lost, though nothing had happened to it: ${name} (${silent})`);
    }
  }
}
