/** The scripts with one of their rules taken out, to see that the stories would notice. */
import type { Redis } from 'ioredis';
import { scripts } from '../../../../src/queue/script';

export interface Mutation {
  /** The rule that is gone. */
  readonly rule: string;
  /** What stands in the scripts, and what is put in its place. */
  readonly replace: Readonly<Record<string, string>>;
}

/** Rules that hold without an original on the queue. */
export const OUR_RULES: readonly Mutation[] = [
  {
    rule: 'the token: a report counts only with the claim it is for',
    replace: { 'claim == token_of(an_end)': 'true' },
  },
  {
    rule: 'the seq: a call that comes late changes nothing',
    replace: { 'if number < last then': 'if false then' },
  },
  {
    rule: 'the registration: a worker whom nobody looks for owns nothing',
    replace: { "if held_by(WORKER) ~= INSTANCE then return { 'unregistered' } end": '' },
  },
  {
    rule: 'the limit of running tasks: no claim goes above it',
    replace: { 'places = until_limit(most_running)': 'places = math.huge' },
  },
  {
    rule: 'the same call: what it claims for lanes and for the buffer counts together',
    replace: { 'places = places - #lines': '' },
  },
  {
    rule: 'the limit of failures: the queue pauses itself',
    replace: { "< limit or call('EXISTS', PAUSED) == 1": '< 1000' },
  },
  {
    rule: 'the losses: a task that its worker did not survive counts as failed',
    replace: { "'lost worker')\n    count_to_stop()": "'lost worker')" },
  },
];

/** Rules for the sake of originals. */
export const RULES_BESIDE_ORIGINALS: readonly Mutation[] = [
  {
    rule: "the original's name: what stands under it is left alone",
    replace: { "not string.find(worker, '~', 1, true)": 'false' },
  },
  {
    rule: 'precedence: what is finished or in progress is not claimed',
    replace: { 'if done or running[i] then': 'if false then' },
  },
];

/**
 * A connection whose scripts lack the rule.
 * @throws when the text that is to be replaced stands in no script
 */
export function withoutRule(redis: Redis, { rule, replace }: Mutation): Redis {
  const texts = new Map(Object.values(scripts).map(({ sha, text }) => [sha, text]));
  for (const [from, to] of Object.entries(replace)) {
    const having = [...texts].filter(([, text]) => text.includes(from));
    if (having.length === 0) throw new Error(`no script has "${from}", which says ${rule}`);
    for (const [sha, text] of having) texts.set(sha, text.replaceAll(from, to));
  }
  const evalsha = (sha: string, ...rest: [number, ...(string | number)[]]) =>
    redis.eval(texts.get(sha) ?? '', ...rest);
  return new Proxy(redis, {
    get(target, name) {
      if (name === 'evalsha') return evalsha;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
