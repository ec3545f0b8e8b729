/** The limits of a queue as a story knows them, and what is wrong beside them. */
import type { LimitChanges } from '../../../../src/queue/limits';
import type { Reading } from '../../../setup/invariants';
import type { Licence } from './ledger';
import { short, shorts } from './lines';

export interface KnownLimits {
  readonly maxRunning: number | null;
  readonly stopAfterFailures: number | null;
  readonly failures: number;
  readonly pausedBy: 'a person' | 'failures' | undefined;
}

const NONE: KnownLimits = {
  maxRunning: null,
  stopAfterFailures: null,
  failures: 0,
  pausedBy: undefined,
};

export class LimitsOfStory {
  known = NONE;
  /** Every claim that was ever seen: a worker may take one up again, which is no new one. */
  readonly #seen = new Set<string>();

  get pausedBy(): KnownLimits['pausedBy'] {
    return this.known.pausedBy;
  }

  set(changes: LimitChanges): void {
    const anew = changes.stopAfterFailures === undefined ? {} : { failures: 0 };
    this.known = { ...this.known, ...changes, ...anew };
  }

  pause(on: boolean): void {
    const { pausedBy, failures } = this.known;
    if (on) this.known = { ...this.known, pausedBy: pausedBy ?? 'a person' };
    else this.known = { ...this.known, pausedBy: undefined, failures: pausedBy ? 0 : failures };
  }

  clear(): void {
    this.known = { ...this.known, failures: 0 };
  }

  forget(): void {
    this.known = NONE;
  }

  /** Above the limit nothing may be claimed, nor while the queue is paused: by the same call neither. */
  wrongClaims(after: Reading): string[] {
    const claims = after.hash(after.keys.claims);
    const fresh = [...claims].filter(([line, token]) => !this.#seen.has(`${token} ${line}`));
    for (const [line, token] of fresh) this.#seen.add(`${token} ${line}`);
    if (fresh.length === 0) return [];
    const { maxRunning } = this.known;
    const wrong: string[] = [];
    if (maxRunning !== null && claims.size > maxRunning) {
      const lines = shorts(fresh.map(([line]) => line));
      wrong.push(`${claims.size} are claimed where ${maxRunning} may be, the last are ${lines}`);
    }
    if (after.counted.paused)
      wrong.push(`claimed by a call that paused: ${short(fresh[0]?.[0] ?? '')}`);
    return wrong;
  }

  /** Each task that failed for good counts once, and at the limit the queue is paused. */
  wrongFailures(before: Reading, after: Reading, licence: Licence): string[] {
    this.#count(before, after, licence);
    const { failures, stopAfterFailures, pausedBy } = this.known;
    const wrong: string[] = [];
    const counted = Number(after.hash(after.keys.limits).get('failures') ?? 0);
    if (counted !== failures) wrong.push(`${failures} failed to the limit, counted: ${counted}`);
    const { paused, pausedAfterFailures } = after.counted;
    if (paused !== (pausedBy !== undefined)) wrong.push(`paused is ${paused}, not by ${pausedBy}`);
    if ((pausedAfterFailures !== null) !== (pausedBy === 'failures')) {
      wrong.push(`paused after ${pausedAfterFailures} failures of ${stopAfterFailures}`);
    }
    return wrong;
  }

  #count(before: Reading, after: Reading, licence: Licence): void {
    const { stopAfterFailures } = this.known;
    if (stopAfterFailures === null || licence.removes || licence.failsByHand) return;
    const earlier = failedForGood(before);
    const fresh = [...failedForGood(after)].filter(line => !earlier.has(line)).length;
    const failures = this.known.failures + fresh;
    const stops = fresh > 0 && failures >= stopAfterFailures;
    const pausedBy = this.known.pausedBy ?? (stops ? 'failures' : undefined);
    this.known = { ...this.known, failures, pausedBy };
  }
}

const failedForGood = ({ failed, retrying }: Reading) =>
  new Set([...failed.keys()].filter(line => !retrying.has(line)));
