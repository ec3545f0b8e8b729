/**
 * What is known of one host. Pure.
 *
 *   unasked ──begin──▶ busy ──told──▶ known ⇄ busy      (told: by what it said, or why it said nothing)
 *
 * Unasked: no `workers` and no `failure`. Busy: `doing` is there, beside what was known before.
 */
import type { HostState } from '../../cluster/ssh/hostStates';
import type { HostFailure, HostResult } from '../../cluster/ssh/results';
import type { StopResult } from '../../cluster/ssh/stop';
import type { TunnelState } from '../../cluster/ssh/tunnelState';

export type Doing =
  | ('asking' | 'launching' | 'restarting' | 'configuring')
  | ('stopping' | 'fetching' | 'removing');

export interface KnownWorker {
  slot: number;
  /** Undefined when the host does not know it any more. */
  name?: string | undefined;
  isThisVersion: boolean;
}

/** The way of its workers to Redis, where that is through this window. `since`: in milliseconds since 1970. */
export type TunnelStanding = { is: 'up' } | { is: 'lost'; since: number; login?: true };

export interface HostStanding {
  doing?: Doing | undefined;
  /** Those that ran when the host was last asked. */
  workers?: readonly KnownWorker[] | undefined;
  failure?: HostFailure | undefined;
  tunnel?: TunnelStanding | undefined;
}

/** Who was asked tells of all of its workers. */
export function afterLook({ workers, failure }: HostState): HostStanding {
  if (failure) return { failure };
  return {
    workers: workers.map(({ slot, worker, isThisVersion }) => ({
      slot,
      name: worker,
      isThisVersion,
    })),
  };
}

/** A launch or a restart tells of its own workers alone; others may be there. */
export function afterLaunch(
  before: HostStanding,
  { workers, failure }: Pick<HostResult, 'workers' | 'failure'>,
): HostStanding {
  const slots = new Set(workers.map(({ slot }) => slot));
  const told = workers.map(({ slot, worker, version }) => ({
    slot,
    name: worker,
    isThisVersion: version === undefined,
  }));
  const known = before.workers ?? (failure && told.length === 0 ? undefined : []);
  const others = known?.filter(({ slot }) => !slots.has(slot));
  return { workers: others && [...others, ...told].sort(bySlot), failure };
}

export function afterStop(
  before: HostStanding,
  { endings, failure }: Pick<StopResult, 'endings' | 'failure'>,
): HostStanding {
  if (!failure) return { workers: [] };
  const ended = new Set(endings.map(({ slot }) => slot));
  return { workers: before.workers?.filter(({ slot }) => !ended.has(slot)), failure };
}

/** One that is tried again is lost all the same. */
export function tunnelStanding(state: TunnelState | undefined): TunnelStanding | undefined {
  switch (state?.is) {
    case 'up':
      return { is: 'up' };
    case 'down':
      return { is: 'lost', since: state.since, ...(state.login && { login: state.login }) };
    case 'connecting':
      return state.since === undefined ? undefined : { is: 'lost', since: state.since };
    default:
      return undefined;
  }
}

const bySlot = (one: KnownWorker, other: KnownWorker) => one.slot - other.slot;
