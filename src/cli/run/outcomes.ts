/** What became of the tasks of one run: failures by their kind, and the slowest task. Pure. */
import {
  type AttemptRecord,
  CANCELLED,
  lastErrorLine,
  outcome,
  signature,
  wasCancelled,
} from '../../queue/attempt';

/** A task that ended during the run; `attempt` is its newest, if Redis has one. */
export interface EndedTask {
  id: string;
  line: string;
  state: 'finished' | 'failed';
  attempt: AttemptRecord | undefined;
  /** Why it failed, as the queue has it. */
  reason?: string;
}

export interface FailureGroup {
  signature: string;
  /** What the first of them said, not folded. */
  example: string;
  /** Task ids, in the order in which they failed. */
  tasks: string[];
}

export interface SlowestTask {
  id: string;
  /** Its line. */
  task: string;
  seconds: number;
}

export class Outcomes {
  finished = 0;
  failed = 0;
  /** Lines that are in no state any more. */
  missing = 0;
  slowest: SlowestTask | undefined;
  private readonly groups = new Map<string, FailureGroup>();

  add(task: EndedTask): void {
    const { id, line, state, attempt } = task;
    this[state] += 1;
    if (attempt) this.compare(id, line, (attempt.end - attempt.start) / 1000);
    if (state === 'failed') this.group(task);
  }

  /** The most frequent first. */
  failures(): FailureGroup[] {
    return [...this.groups.values()].sort((a, b) => b.tasks.length - a.tasks.length);
  }

  private compare(id: string, line: string, seconds: number): void {
    if (!this.slowest || seconds > this.slowest.seconds) this.slowest = { id, task: line, seconds };
  }

  private group({ id, attempt, reason }: EndedTask): void {
    const kind = kindOf(attempt, reason);
    const group = this.groups.get(kind);
    if (group) group.tasks.push(id);
    else {
      const example = whatHappened(attempt, reason);
      this.groups.set(kind, { signature: kind, example, tasks: [id] });
    }
  }
}

/** The original keeps no attempts. */
const NO_RECORD = 'no record of an attempt';

function kindOf(attempt: AttemptRecord | undefined, reason: string | undefined): string {
  if (wasCancelled(attempt, reason)) return CANCELLED;
  return attempt ? signature(attempt) : NO_RECORD;
}

/** `exit 1  ValueError: lr too large`, as the task said it. */
export function whatHappened(attempt: AttemptRecord | undefined, reason?: string): string {
  if (wasCancelled(attempt, reason)) return CANCELLED;
  if (!attempt) return NO_RECORD;
  const parts = [outcome(attempt), attempt.lost || attempt.timeout ? '' : lastErrorLine(attempt)];
  return parts.filter(part => part !== '').join('  ');
}
