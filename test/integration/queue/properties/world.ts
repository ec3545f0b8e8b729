/**
 * The world of a story: a queue, what people do to it, a crew of workers, and a Redis that forgets. Each method is a step; it answers what happened in words, or
 * undefined if there was nothing to do.
 */
import { cancel } from '../../../../src/queue/cancel';
import { clear } from '../../../../src/queue/clear';
import { close, open } from '../../../../src/queue/close';
import { type LimitChanges, setLimits } from '../../../../src/queue/limits';
import { pause, resume } from '../../../../src/queue/pause';
import type { Queue } from '../../../../src/queue/queue';
import { recover } from '../../../../src/queue/recover';
import { removeFinished } from '../../../../src/queue/removeFinished';
import { retry } from '../../../../src/queue/retry';
import { states } from '../../../../src/queue/states';
import { submit } from '../../../../src/queue/submit';
import { SWEEP_START, sweep } from '../../../../src/queue/sweep';
import { undo } from '../../../../src/queue/undo';
import { Actor } from '../../../setup/actor';
import { problemsOf, type Reading } from '../../../setup/invariants';
import { type Memory, memorize, remember } from '../../../setup/memory';
import { Crew, type Told } from './crew';
import { type Licence, resultsOf, wrongInStep } from './ledger';
import { type KnownLimits, LimitsOfStory } from './limitsOfStory';
import { LINES, short, shorts } from './lines';

interface Journal {
  readonly words: string;
  readonly id: string;
  /** What the action took out of every state. */
  readonly removed: readonly string[];
}

interface Saved {
  readonly memory: Memory;
  readonly submitted: ReadonlySet<string>;
  readonly limits: KnownLimits;
}

export class World {
  /** Every line that was submitted and that nobody removed. */
  submitted = new Set<string>();
  /** What the step under way may do. */
  licence: Licence = {};
  protected readonly limits = new LimitsOfStory();
  #closed = false;
  readonly #journals: Journal[] = [];
  #saved: Saved | undefined;
  readonly crew: Crew;

  constructor(
    readonly queue: Queue,
    private readonly maxAttempts = 2,
  ) {
    this.crew = new Crew(queue, maxAttempts, () => {
      if (this.limits.pausedBy || this.#closed) this.licence = { claimsNothing: true };
    });
  }

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
    this.licence = { failsByHand: true };
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
    this.#closed = false;
    this.limits.clear();
    return 'clear';
  }

  async undo(which: number): Promise<Told> {
    const journal = this.#journals[this.#journals.length - 1 - which];
    if (!journal) return undefined;
    this.licence = { failsByHand: true };
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
    this.limits.pause(on);
    return changed ? (on ? 'pause' : 'resume') : undefined;
  }

  async close(on: boolean): Promise<Told> {
    const changed = on ? await close(this.queue) : await open(this.queue);
    this.#closed = on;
    return changed ? (on ? 'close' : 'open') : undefined;
  }

  async limit(changes: LimitChanges): Promise<Told> {
    const { changed } = await setLimits(this.queue, changes);
    this.limits.set(changes);
    return changed ? `limits: ${JSON.stringify(changes)}` : undefined;
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
    this.#saved = { memory, submitted: new Set(this.submitted), limits: this.limits.known };
    return 'Redis saves';
  }

  /** It comes back as of the last save. */
  async restart(): Promise<Told> {
    if (!this.#saved) return undefined;
    this.licence = { removes: true };
    await remember(this.queue.redis, this.#saved.memory);
    this.submitted = new Set(this.#saved.submitted);
    this.crew.forgetsCalls();
    this.limits.known = this.#saved.limits;
    const { todo } = this.queue.keys;
    this.#closed = (await this.queue.redis.hexists(todo, 'WORKER_COMMAND_CLOSE')) === 1;
    return 'Redis restarts as of its last save';
  }

  // The end ----------------------------------------------------------------------------------------

  /** Nothing but what is in Redis remains of the originals. */
  async endPeers(): Promise<Told> {
    return undefined;
  }

  /** Everyone dies and is found lost. */
  async loseAll(): Promise<Told> {
    this.crew.die();
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
      ...this.crew.phantoms(after),
      ...this.limits.wrongClaims(after),
      ...this.limits.wrongFailures(before, after, this.licence),
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

  /** After FLUSHALL, whoever sent it. */
  protected forgetsAll(): void {
    this.submitted.clear();
    this.#closed = false;
    this.limits.forget();
    this.crew.forgetsCalls();
  }

  #journal(words: string, removed: readonly string[] = []): string {
    const id = `undo${this.#journals.length}`;
    this.#journals.push({ words, id, removed });
    return id;
  }
}
