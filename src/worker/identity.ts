import { randomBytes } from 'node:crypto';
import { machineId, shortHostName } from '../host/machine';
import { bootId, identify } from '../host/process';
import { type Holder, holderOf, parseHolder, register } from '../queue/membership';
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

/** What came of asking for a name. */
export type NameAnswer =
  | { kind: 'taken_by_us'; worker: string; nowMs: number; recovered: number; before?: string }
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
    const held = await holderOf(queue, worker);
    const standing = held === undefined ? 'free' : await standingOf(held, holder);
    if (standing === 'running' && slot !== undefined) return { kind: 'already_running', worker };
    if (standing === 'free' || standing === 'gone') {
      const answer = await register(queue, worker, holder, held);
      // Somebody was faster: look at this name again.
      if (!answer.registered) continue;
      const before = held && parseHolder(held)?.instance;
      const { nowMs, recovered } = answer;
      return { kind: 'taken_by_us', worker, nowMs, recovered, ...(before ? { before } : {}) };
    }
    n += slot === undefined ? 1 : SAME_NAME_STEP;
  }
  throw new RangeError(`No free name for a worker of ${shortHostName()}.`);
}

async function standingOf(held: string, us: Holder): Promise<'running' | 'gone' | 'elsewhere'> {
  const holder = parseHolder(held);
  if (holder?.machine !== us.machine || holder.boot !== us.boot) return 'elsewhere';
  const found = await identify(holder.pid);
  return found.startedAt.replace(/\s/g, '_') === holder.pidStart ? 'running' : 'gone';
}
