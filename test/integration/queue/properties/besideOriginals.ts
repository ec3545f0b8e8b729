/**
 * The world with originals in it: two of their workers and a manager, each of whose round trips is a
 * step. What they do wrong by themselves is recognised and counted; a wrong that comes with a step of
 * ours is a failure, unless the line was in trouble by a step of theirs.
 */

import { cleanup, cleanupByForce } from '../../../../src/queue/cleanup';
import { originals } from '../../../../src/queue/originals';
import type { Problem, Reading } from '../../../setup/invariants';
import { problemsOf } from '../../../setup/invariants';
import type { Command, Strand } from '../../../setup/original/strand';
import type { Told } from './crew';
import { resultsOf, standing, wrongInStep } from './ledger';
import { short } from './lines';
import { NAMES, Peers, type RoundTrip } from './peers';
import { seconds } from './seconds';
import type { Step } from './steps';
import { World } from './world';

/** What section 5 of the design accepts, and its like. */
export const RESIDUALS = {
  lost: 'an original died between two commands and lost its task',
  doubled: 'an original or its manager put a task into two states',
  unclaimed: 'an original or its manager took away what one of us runs',
  overwritten: 'an original wrote its result over ours',
  asserted: 'an original stopped at a task in two states',
  tookBack: 'an original stopped at a start, since its own task went meanwhile',
  twoChanges: 'a task changed twice between two looks',
  unseen: 'an original moved a task before anyone saw it alive, or after it was dead',
} as const;

export type Residual = keyof typeof RESIDUALS;

/** What is wrong with a line until it is healed; the next claim or sweep does. */
const TROUBLE: readonly Problem['kind'][] = ['two states', 'ownership'];

export class WorldBesideOriginals extends World {
  readonly residuals = new Map<Residual, number>();
  readonly peers = new Peers(this.queue.redis, {
    onRoundTrip: async (roundTrip, told) => {
      this.#sent = roundTrip;
      await this.checkpoint(told);
    },
    onLost: line => this.#lost.add(line),
  });
  #sent: RoundTrip | undefined;
  /** What acts after two looks is being judged; whether it had seen an original alive. */
  #looks: { seenAlive: boolean } | undefined;
  #meanwhile: readonly Step<WorldBesideOriginals>[] = [];
  /** Lines that are wrong by what originals did. The next claim or sweep heals them. */
  #troubled = new Set<string>();
  /** Those that failed again, or run again, and are not marked so. */
  #unmarked = new Set<string>();
  #gaps = new Map<string, Strand<unknown>>();
  /** Lines in no state by the death of an original. */
  readonly #lost = new Set<string>();
  /** Finished tasks that a manager removed and nobody has added since. */
  readonly #removed = new Set<string>();
  /** How many results of ours a task may have: a manager removed some. */
  readonly #results = new Map<string, number>();

  override async endPeers(): Promise<Told> {
    this.peers.killAll();
    await this.checkpoint('all originals are killed, their commands too');
    await this.peers.takeBack();
    return 'originals took back what was theirs';
  }

  // What ours do beside them -----------------------------------------------------------------------

  /** Plays a step that looks twice, and these between its looks. */
  async lookingTwice(
    step: Step<WorldBesideOriginals>,
    meanwhile: readonly Step<WorldBesideOriginals>[],
  ): Promise<Told> {
    this.#meanwhile = meanwhile;
    this.#looks = { seenAlive: (await originals(this.queue)).some(({ alive }) => alive) };
    seconds.pass = () => this.#secondPasses();
    return step(this);
  }

  /** Between two looks every original goes on: what was under way at the first one is done. */
  async #secondPasses(): Promise<void> {
    await this.checkpoint('(a second passes)');
    const underWay = new Map([...this.peers.gaps().values()].map(strand => [strand, strand.next]));
    const meanwhile = this.#meanwhile;
    this.#meanwhile = [];
    for (const step of meanwhile) {
      const told = await step(this);
      if (told !== undefined) await this.checkpoint(told);
    }
    await this.peers.goOn(underWay);
    this.#looks = { seenAlive: true };
  }

  /** Whoever lives shows it between looks. */
  override async look(times: number): Promise<Told> {
    for (let i = 0; i < times; i++) {
      await this.peers.beatAll();
      const told = await super.look(1);
      if (told?.includes('lost')) await this.checkpoint(told);
    }
    return `${times} looks`;
  }

  /** Somebody asks for what an original left: of a dead one, or of any by force. */
  async cleanup(which: number, forced: boolean): Promise<Told> {
    this.licence = { cleans: true };
    const name = NAMES[which] ?? 'n1';
    if (forced)
      return `cleanup of ${name} by force: ${await cleanupByForce(this.queue, name)} moved`;
    const { dead } = await cleanup(this.queue, name);
    return `cleanup of ${name}: ${dead[0]?.tasks ?? 'not dead, none'} moved`;
  }

  // What is wrong ----------------------------------------------------------------------------------

  override judge(before: Reading, after: Reading): string[] {
    const sent = this.#sent;
    const looks = this.#looks;
    this.#sent = undefined;
    this.#looks = undefined;
    const gaps = this.peers.gaps();
    // Whoever adds a line, it is a task from then on.
    for (const line of standing(after)) this.submitted.add(line);
    for (const line of standing(after)) this.#lost.delete(line);
    for (const line of after.todo.keys()) this.#removed.delete(line);
    if (sent) this.#noteRemovals(sent.command, before, after, gaps);
    const problems = this.#problems(after, gaps);
    const wrong = sent
      ? this.#judgeTheirs(sent, before, after, problems)
      : this.#judgeOurs(looks, before, after, problems, gaps);
    this.#troubled = linesOf(problems, TROUBLE);
    this.#unmarked = linesOf(problems, ['retrying']);
    this.#gaps = gaps;
    return wrong;
  }

  override judgeEnd(end: Reading): string[] {
    this.#count('lost', this.#lost.size);
    const wrong = this.#problems(end, new Map()).map(({ text }) => text);
    for (const line of this.submitted) {
      if (this.#lost.has(line)) continue;
      if (end.todo.has(line) || end.inProgress.has(line)) wrong.push(`not ended: ${short(line)}`);
      const byUs = end.finished.get(line)?.split(': ')[0]?.includes('~') === true;
      const results = resultsOf(end, line);
      if (byUs && results === 0) wrong.push(`finished by us without a result: ${short(line)}`);
    }
    return wrong;
  }

  /** What is wrong, but for tasks that are on their way, or that an original lost. */
  #problems(reading: Reading, gaps: ReadonlyMap<string, unknown>): Problem[] {
    const found = problemsOf(reading, this.submitted).filter(({ kind, line = '' }) => {
      return kind !== 'no state' || !(gaps.has(line) || this.#lost.has(line));
    });
    for (const line of gaps.keys()) {
      if (!isTaken(reading, line)) continue;
      found.push({ kind: 'two states', text: `on its way, and in a state: ${line}`, line });
    }
    // Counts are of what is there.
    return found.some(({ kind }) => kind !== 'counts')
      ? found.filter(({ kind }) => kind !== 'counts')
      : found;
  }

  #judgeTheirs(
    { command, stopped }: RoundTrip,
    before: Reading,
    after: Reading,
    problems: readonly Problem[],
  ): string[] {
    const wrong: string[] = [];
    for (const { kind, text } of problems.filter(problem => this.#isNew(problem))) {
      if (kind === 'two states') this.#count('doubled');
      else if (kind === 'ownership') this.#count('unclaimed');
      else if (kind !== 'retrying') wrong.push(text);
    }
    for (const [line, result] of before.finished) {
      const now = after.finished.get(line);
      const wasOurs = result.split(': ')[0]?.includes('~');
      if (wasOurs && now !== undefined && now !== result) this.#count('overwritten');
    }
    if (stopped) {
      const [name, key, line = ''] = Array.isArray(command) ? command : [];
      const claims = name === 'HSET' && key === 'in_progress_tasks';
      const takesBack = name === 'HGET' && key === 'in_progress_tasks';
      if (claims && this.#troubled.has(line)) this.#count('asserted');
      // What is its own none of our steps touches, as the ledger sees.
      else if (takesBack) this.#count('tookBack');
      else wrong.push(`an original stopped: ${stopped.message}`);
    }
    return wrong;
  }

  #judgeOurs(
    looks: { seenAlive: boolean } | undefined,
    before: Reading,
    after: Reading,
    problems: readonly Problem[],
    gaps: ReadonlyMap<string, unknown>,
  ): string[] {
    const licence = { ...this.licence, results: this.#results };
    const wrong = [
      ...wrongInStep(before, after, licence),
      ...this.crew.phantoms(after),
      ...this.limits.wrongClaims(after),
    ];
    for (const problem of problems.filter(problem => this.#isNew(problem))) {
      if (looks && gaps.has(problem.line ?? '')) {
        this.#count(looks.seenAlive ? 'twoChanges' : 'unseen');
      } else wrong.push(problem.text);
    }
    for (const line of gaps.keys()) {
      // Whatever was wrong with it: nobody but who has it may bring it back.
      const broughtBack = after.todo.has(line) || after.inProgress.has(line);
      if (broughtBack && this.#gaps.has(line) && !isTaken(before, line) && !looks) {
        wrong.push(`put back while an original moves it: ${short(line)}`);
      }
    }
    return wrong;
  }

  #isNew({ kind, line = '' }: Problem): boolean {
    if (this.#troubled.has(line)) return false;
    return !(kind === 'retrying' && this.#unmarked.has(line));
  }

  /** What a manager removes is no task any more; what ours did of it may be done again. */
  #noteRemovals(
    command: Command,
    before: Reading,
    after: Reading,
    gaps: ReadonlyMap<string, unknown>,
  ): void {
    const [name, key, line = ''] = Array.isArray(command) ? command : [];
    if (name === 'FLUSHALL') {
      this.forgetsAll();
      this.#lost.clear();
      this.#results.clear();
    }
    if (name !== 'HDEL') return;
    if (key === 'finished_tasks') {
      this.#removed.add(line);
      this.#results.set(line, resultsOf(before, line) + 1);
    }
    // The report under way may take away what else stood of it.
    const gone = !after.stands(line) && !gaps.has(line);
    if (gone && this.#removed.has(line)) this.submitted.delete(line);
  }

  #count(residual: Residual, by = 1): void {
    this.residuals.set(residual, (this.residuals.get(residual) ?? 0) + by);
  }
}

/** In a state that says somebody has it, or will. */
function isTaken({ todo, inProgress, finished }: Reading, line: string): boolean {
  return todo.has(line) || inProgress.has(line) || finished.has(line);
}

function linesOf(problems: readonly Problem[], kinds: readonly Problem['kind'][]): Set<string> {
  return new Set(
    problems.flatMap(({ kind, line }) => (line && kinds.includes(kind) ? [line] : [])),
  );
}
