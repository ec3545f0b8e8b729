/** Whose a process is: pure, from one look at all of them. */
import type { AttemptSpec } from './executor';
import type { Marker, ProcessInfo } from './processTable';

/** An attempt's key, or `earlier:<session>` for what attempts that have ended left in a session. */
export type Owner = string;

/** A session that this worker started: a lane's, or a single spawned task's. */
export interface Session {
  /** The pid of its leader. */
  readonly id: number;
  readonly startedAt: number;
  /** A lane's leader is the lane's own shell and belongs to no attempt; a spawned task's is the task. */
  readonly lane: boolean;
  /** The attempt in it. A lane has none while it is idle. */
  attempt: Owner | undefined;
  /** Its leader has ended. */
  over: boolean;
}

export interface View {
  instance: string;
  worker: number;
  sessions: ReadonlyMap<number, Session>;
  marker(pid: number): Marker | undefined;
}

export interface Belongings {
  owned: Map<Owner, ProcessInfo[]>;
  /** Not ours, and nothing can make them so. */
  strangers: ProcessInfo[];
}

/** The session of the kernel's own processes, which never have an environment. */
const OF_KERNEL = 0;

type Key = Pick<AttemptSpec, 'taskId' | 'worker'> & { attempt: number | string };

export function attemptKey({ taskId, worker, attempt }: Key): Owner {
  return `${taskId} ${attempt} ${worker}`;
}

export function earlierIn(session: number): Owner {
  return `earlier:${session}`;
}

/** `undecided`: it has no environment now, and may have ours at the next look. */
type Verdict = { owner: Owner } | 'ours' | 'stranger' | 'undecided';

/**
 * A process belongs to the attempt that
 * 1. its parent belongs to, or whose lane is its parent: certain, and free of reading environments;
 * 2. else its environment names;
 * 3. else stands in its session. A lane's session is used again, so there the order of birth decides:
 *    what is older than the lane's present child is of an earlier attempt.
 */
export function belongings(processes: readonly ProcessInfo[], view: View): Belongings {
  const byPid = new Map(processes.map(one => [one.pid, one]));
  const roots = rootsOfLanes(processes, view.sessions);
  const verdicts = new Map<number, Verdict>();

  const judge = (one: ProcessInfo): Verdict => {
    const known = verdicts.get(one.pid);
    if (known !== undefined) return known;
    // Set first: parents read at different moments may form a circle.
    verdicts.set(one.pid, 'stranger');
    const verdict = judgeAnew(one);
    verdicts.set(one.pid, verdict);
    return verdict;
  };

  const judgeAnew = (one: ProcessInfo): Verdict => {
    if (one.pid === view.worker || laneOf(one, view.sessions) !== undefined) return 'ours';
    const parent = byPid.get(one.parent);
    if (parent !== undefined && parent.pid !== view.worker) {
      const lane = laneOf(parent, view.sessions);
      if (lane !== undefined) return present(lane);
      const verdict = judge(parent);
      if (verdict !== 'stranger' && verdict !== 'undecided') return verdict;
    }
    const marker = view.marker(one.pid);
    if (marker?.instance === view.instance) {
      // Without a task it is a lane, or a lane's child before its exec.
      if (marker.taskId !== '') return { owner: attemptKey(marker) };
    }
    const session = view.sessions.get(one.session);
    if (session !== undefined) return ofSession(one, session, roots.get(session.id));
    // A child of the worker may be a lane or a task before its exec.
    if (one.parent === view.worker) return 'ours';
    return marker?.instance === '' && one.session !== OF_KERNEL ? 'undecided' : 'stranger';
  };

  const result: Belongings = { owned: new Map(), strangers: [] };
  for (const one of processes) {
    const verdict = judge(one);
    if (verdict === 'stranger') result.strangers.push(one);
    else if (verdict !== 'ours' && verdict !== 'undecided') add(result.owned, verdict.owner, one);
  }
  return result;
}

/** The session whose shell it is. */
function laneOf(one: ProcessInfo, sessions: ReadonlyMap<number, Session>): Session | undefined {
  const session = sessions.get(one.pid);
  return session?.lane && session.startedAt === one.startedAt ? session : undefined;
}

/** The lane's present child, per session. */
function rootsOfLanes(
  processes: readonly ProcessInfo[],
  sessions: ReadonlyMap<number, Session>,
): Map<number, ProcessInfo> {
  const roots = new Map<number, ProcessInfo>();
  for (const one of processes) if (sessions.get(one.parent)?.lane) roots.set(one.parent, one);
  return roots;
}

/** Without an attempt: just ended, and about to be waited for. */
function present(session: Session): Verdict {
  return session.attempt === undefined ? 'ours' : { owner: session.attempt };
}

function ofSession(one: ProcessInfo, session: Session, root: ProcessInfo | undefined): Verdict {
  if (!session.lane || (root !== undefined && !olderThan(one, root))) return present(session);
  // Without a child the lane is about to start one or has just lost it: the next look will tell.
  const undecided = root === undefined && session.attempt !== undefined && !session.over;
  return undecided ? 'ours' : { owner: earlierIn(session.id) };
}

/** Numbers are given in rising order: good enough within one tick of the clock. */
function olderThan(one: ProcessInfo, other: ProcessInfo): boolean {
  return one.startedAt === other.startedAt ? one.pid < other.pid : one.startedAt < other.startedAt;
}

function add(owned: Map<Owner, ProcessInfo[]>, owner: Owner, one: ProcessInfo): void {
  const processes = owned.get(owner);
  if (processes === undefined) owned.set(owner, [one]);
  else processes.push(one);
}
