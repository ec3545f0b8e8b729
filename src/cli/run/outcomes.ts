/** What became of the tasks of one run: failures by their kind, and the slowest task. Pure. */
import { type AttemptRecord, lastErrorLine, outcome, signature } from '../../queue/attempt';

/** A task that ended during the run; `attempt` is its newest, if Redis has one. */
export interface EndedTask {
  id: string;
  line: string;
  state: 'finished' | 'failed';
  attempt: AttemptRecord | undefined;
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

  add({ id, line, state, attempt }: EndedTask): void {
    this[state] += 1;
    if (attempt) this.compare(id, line, (attempt.end - attempt.start) / 1000);
    if (state === 'failed') this.group(id, attempt);
  }

  /** The most frequent first. */
  failures(): FailureGroup[] {
    return [...this.groups.values()].sort((a, b) => b.tasks.length - a.tasks.length);
  }

  private compare(id: string, line: string, seconds: number): void {
    if (!this.slowest || seconds > this.slowest.seconds) this.slowest = { id, task: line, seconds };
  }

  private group(id: string, attempt: AttemptRecord | undefined): void {
    const kind = attempt ? signature(attempt) : NO_RECORD;
    const group = this.groups.get(kind);
    if (group) group.tasks.push(id);
    else this.groups.set(kind, { signature: kind, example: whatHappened(attempt), tasks: [id] });
  }
}

/** The original keeps no attempts. */
const NO_RECORD = 'no record of an attempt';

/** `exit 1  ValueError: lr too large`, as the task said it. */
export function whatHappened(attempt: AttemptRecord | undefined): string {
  if (!attempt) return NO_RECORD;
  const parts = [outcome(attempt), attempt.lost || attempt.timeout ? '' : lastErrorLine(attempt)];
  return parts.filter(part => part !== '').join('  ');
}
