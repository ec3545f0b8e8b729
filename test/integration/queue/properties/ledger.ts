/** What must hold from one step to the next, beside what must hold at any time (`invariants.ts`). */
import type { Reading } from '../../../setup/invariants';
import { short } from './lines';

/** What a step of ours may do that others may not. */
export interface Licence {
  /** Tasks and results may go: clear, a Redis that lost its data. */
  readonly removes?: boolean;
  /** What stands under an original's name may be taken back: somebody asked for it. */
  readonly cleans?: boolean;
  /** Nothing may be claimed: the queue is paused or closed. */
  readonly claimsNothing?: boolean;
  /** Tasks may fail since people say so: that counts for no limit. */
  readonly failsByHand?: boolean;
  /** How many results of ours a task may have; 1 unless somebody removed one. */
  readonly results?: ReadonlyMap<string, number>;
}

/**
 * What is wrong with a step of ours, whatever an original did before: it lost a task or a result, wrote
 * a result or an attempt twice, or touched what stands under an original's name.
 */
export function wrongInStep(before: Reading, after: Reading, licence: Licence): string[] {
  const wrong: string[] = [];
  const say = (what: string, line: string) => wrong.push(`${what}: ${short(line)}`);
  for (const [line, token] of after.hash(after.keys.claims)) {
    const claimed = before.hash(before.keys.claims).get(line) !== token;
    if (claimed && licence.claimsNothing) say('claimed while nothing may be', line);
  }
  for (const line of after.hash(after.keys.attempts).keys()) {
    for (const what of wrongAttempts(after, line, licence.results?.get(line) ?? 1)) say(what, line);
  }
  if (licence.removes) return wrong;
  for (const [line, result] of before.finished) {
    const now = after.finished.get(line);
    if (now !== result) say(`the result ${result} became ${now ?? 'none'}`, line);
  }
  for (const line of standing(before)) {
    if (!after.stands(line)) say('was in a state and is in none', line);
  }
  for (const [line, worker] of before.inProgress) {
    const now = after.inProgress.get(line);
    if (!worker.includes('~') && now !== worker && !licence.cleans)
      say(`taken from the original ${worker}`, line);
  }
  return wrong;
}

export function standing({ todo, inProgress, finished, failed }: Reading): Set<string> {
  return new Set([todo, inProgress, finished, failed].flatMap(hash => [...hash.keys()]));
}

/** Each attempt of the stories ends with words of its own: found twice, a report counted twice. */
function wrongAttempts(after: Reading, line: string, mostResults: number): string[] {
  const attempts = after.attempts(line);
  const said = attempts.flatMap(({ out, err }) => out || err || []);
  const twice = said.filter((words, i) => said.indexOf(words) < i);
  const results = resultsOf(after, line);
  return [
    ...twice.map(words => `attempt ${words} is recorded twice`),
    ...(results > mostResults ? [`${results} results are recorded`] : []),
  ];
}

export function resultsOf(reading: Pick<Reading, 'attempts'>, line: string): number {
  return reading.attempts(line).filter(({ exit }) => exit === 0).length;
}
