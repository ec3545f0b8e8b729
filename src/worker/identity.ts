import { randomBytes } from 'node:crypto';
import { machineId, shortHostName } from '../host/machine';
import { bootId, identify } from '../host/process';
import { type Holder, holderOf, parseHolder, printHolder, register } from '../queue/membership';
import type { Queue } from '../queue/queue';

/** This start of this worker. */
export async function newHolder(): Promise<Holder> {
  const { startedAt } = await identify(process.pid);
  return {
    instance: randomBytes(6).toString('hex'),
    machine: await machineId(),
    boot: await bootId(),
    pid: process.pid,
    pidStart: startedAt.replace(/\s/g, '_'),
  };
}

/** A name that is ours now, and the start of a worker that had it before, if one had. */
interface TakenName {
  kind: 'taken_by_us';
  worker: string;
  nowMs: number;
  recovered: number;
  before?: string;
}

/** What came of asking for a name. */
export type NameAnswer =
  | TakenName
  /** The wanted slot is held by a live worker of this machine. */
  | { kind: 'already_running'; worker: string };

/** Machines that call themselves alike take names in rows of their own: node1~1, node1~101, … */
const SAME_NAME_STEP = 100;
const MOST_TRIES = 10_000;

/**
 * Takes `<short host name>~<n>`: slot n of this machine, or the first free one when no slot is asked
 * for. A name of this machine and boot whose process is gone is taken over; a name of another machine
 * is left alone.
 */
export async function takeName(
  queue: Queue,
  holder: Holder,
  slot: number | undefined,
): Promise<NameAnswer> {
  let n = slot ?? 1;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const worker = `${shortHostName()}~${n}`;
    const answer = await ask(queue, holder, worker);
    if (typeof answer !== 'string') return answer;
    if (answer === 'running' && slot !== undefined) return { kind: 'already_running', worker };
    // Somebody was faster: look at this name again.
    if (answer === 'free' || answer === 'gone') continue;
    n += slot === undefined ? 1 : SAME_NAME_STEP;
  }
  throw new RangeError(`No free name for a worker of ${shortHostName()}.`);
}

/**
 * For a worker whose name is held by another start. Where that one has ended (Redis has forgotten that the name
 * was taken over) it is taken over again, and what stands under it goes back at once; else as `takeName`.
 */
export async function takeNameAgain(
  queue: Queue,
  holder: Holder,
  worker: string,
): Promise<NameAnswer> {
  const answer = await ask(queue, holder, worker);
  return typeof answer === 'string' ? takeName(queue, holder, undefined) : answer;
}

type Standing = 'free' | 'gone' | 'running' | 'elsewhere';

/** The name is taken if nobody has it who may live; else how its holder stands, or stood a moment ago. */
async function ask(queue: Queue, holder: Holder, worker: string): Promise<TakenName | Standing> {
  const held = await holderOf(queue, worker);
  // Its answer was lost when we took it.
  const isOurs = held === printHolder(holder);
  const standing = held === undefined || isOurs ? 'free' : await standingOf(held, holder);
  if (standing === 'running' || standing === 'elsewhere') return standing;
  const answer = await register(queue, worker, holder, held);
  if (!answer.registered) return standing;
  const before = held && !isOurs && parseHolder(held)?.instance;
  const { nowMs, recovered } = answer;
  return { kind: 'taken_by_us', worker, nowMs, recovered, ...(before ? { before } : {}) };
}

async function standingOf(held: string, us: Holder): Promise<Exclude<Standing, 'free'>> {
  const holder = parseHolder(held);
  if (holder?.machine !== us.machine || holder.boot !== us.boot) return 'elsewhere';
  const found = await identify(holder.pid);
  return found.startedAt.replace(/\s/g, '_') === holder.pidStart ? 'running' : 'gone';
}
