/**
 * The names of all keys of a queue. The default queue has no prefix and shares six hashes with the
 * original; a named queue `q` puts `{q}:` before every key, so that all of them share one slot of a
 * Redis Cluster.
 */

/** Shared with the original, byte for byte. */
const SHARED = {
  todo: 'todo_tasks',
  inProgress: 'in_progress_tasks',
  finished: 'finished_tasks',
  failed: 'failed_tasks',
  reason: 'task_fail_reason',
  status: 'worker_status',
} as const;

/** Ours. The first three are for lines that the original must not see. */
const OURS = {
  ownTodo: 'todo_tasks',
  ownInProgress: 'in_progress_tasks',
  ownFailed: 'failed_tasks',
  ready: 'ready',
  notBefore: 'notbefore',
  claims: 'claims',
  attempts: 'attempts',
  losses: 'losses',
  needs: 'needs',
  retrying: 'retrying',
  recentFinished: 'recent:finished',
  recentFailed: 'recent:failed',
  failures: 'failures',
  stats: 'stats',
  registry: 'registry',
  workers: 'workers',
  seen: 'seen',
  epoch: 'epoch',
  generation: 'generation',
  events: 'events',
  wake: 'wake',
  paused: 'paused',
  draining: 'draining',
  blocked: 'blocked',
  reservation: 'reservation',
  hungry: 'hungry',
  capacity: 'capacity',
  signatures: 'signatures',
  undo: 'undo',
  limits: 'limits',
  placeFor: 'placefor',
  lost: 'lost',
} as const;

type KeyName = keyof typeof SHARED | keyof typeof OURS;

/** Every fixed key of one queue by its role, and what keys made in scripts begin with. */
export type QueueKeys = Readonly<Record<KeyName, string>> & {
  /** `distcomp:` or `{q}:distcomp:`, before `ready:<bucket>`, `owned:<instance>` and the like. */
  readonly prefix: string;
  /** All of the above in the order in which `lua/prelude.lua` unpacks KEYS. */
  readonly fixed: readonly string[];
};

/** The set of queue names of one Redis; it belongs to no queue. */
export const QUEUE_NAMES_KEY = 'distcomp:queues';

export const DEFAULT_QUEUE = 'default';

/** Whether a name is a safe part of a key. */
export const isQueueName = (name: string): boolean => /^[A-Za-z0-9_.-]+$/.test(name);

/** @throws RangeError for a name that would not be a safe part of a key. */
export function queueKeys(queue: string): QueueKeys {
  if (!isQueueName(queue)) {
    throw new RangeError(`A queue's name is made of A-Z a-z 0-9 _ . - only, found "${queue}".`);
  }
  const before = queue === DEFAULT_QUEUE ? '' : `{${queue}}:`;
  const prefix = `${before}distcomp:`;
  const named = {
    ...prepend(before, SHARED),
    ...prepend(prefix, OURS),
  };
  return { ...named, prefix, fixed: Object.values(named) };
}

function prepend<N extends string>(prefix: string, names: Record<N, string>): Record<N, string> {
  const entries = Object.entries<string>(names).map(([role, name]) => [role, prefix + name]);
  return Object.fromEntries(entries) as Record<N, string>;
}

/** So many of the newest finished and failed tasks are kept in order, as in `lua/prelude.lua`. */
export const RECENT_MAX = 10_000;
