/**
 * The tasks of one file that have not ended yet. Their states in Redis are the truth; asking for all
 * of them at each look would cost more the longer the file, so a look asks for some.
 */
import type { TaskState } from '../../queue/states';
import type { Task } from '../../tasks/task';

export type FinalState = 'finished' | 'failed' | 'absent';
export type AskStates = (lines: string[]) => Promise<(TaskState | 'absent')[]>;

export interface Ended {
  line: string;
  state: FinalState;
}

const CHUNK = 500;
const MOST_CHUNKS = 20;
/** A chunk of which one in so many has ended is worth going on from. */
const PRODUCTIVE = 4;
/** Between two commands of the original a task is nowhere for a moment. */
const ABSENT_MS = 5_000;

/** What the order of service depends on: within one group, first in is first out. */
type Group = Set<string>;

/**
 * Tasks of one priority, memory and cores mostly end in the order of the file, so each look begins at
 * the head of every such group; retries and lost workers make exceptions, so it begins at a place
 * that wanders through all, too. From each it goes on as long as it finds much. What has ended stays
 * until it is removed.
 */
export class PendingTasks {
  private readonly groups = new Map<string, Group>();
  private readonly groupOf = new Map<string, Group>();
  private readonly absentSince = new Map<string, number>();
  private wanderer: Iterator<string> = this.groupOf.keys();
  /** Where the next look begins among many groups. */
  private turn = 0;

  get size(): number {
    return this.groupOf.size;
  }

  add({ line, priority, memoryGb, cpu }: Task): void {
    const key = `${priority}:${memoryGb}:${cpu}`;
    const group = this.groups.get(key) ?? new Set();
    this.groups.set(key, group.add(line));
    this.groupOf.set(line, group);
  }

  has(line: string): boolean {
    return this.groupOf.has(line);
  }

  remove(line: string): void {
    this.groupOf.get(line)?.delete(line);
    this.groupOf.delete(line);
    this.absentSince.delete(line);
  }

  /** Those that are found to have ended. `nowMs`: any steady clock. */
  async look(ask: AskStates, nowMs: number): Promise<Ended[]> {
    const ended = new Map<string, Ended>();
    let left = MOST_CHUNKS;
    const follow = async (next: () => string[]) => {
      for (let lines = next(); lines.length > 0 && left > 0; lines = next()) {
        left -= 1;
        const found = await this.examine(lines, ask, nowMs);
        for (const one of found) ended.set(one.line, one);
        if (found.length < lines.length / PRODUCTIVE) return;
      }
    };
    await follow(() => this.wander());
    for (const group of this.groupsInTurn()) {
      const head = group.values();
      await follow(() => take(head));
    }
    return [...ended.values()];
  }

  private groupsInTurn(): Group[] {
    for (const [key, group] of this.groups) if (group.size === 0) this.groups.delete(key);
    const groups = [...this.groups.values()];
    const start = groups.length > MOST_CHUNKS ? this.turn % groups.length : 0;
    this.turn += MOST_CHUNKS;
    return [...groups.slice(start), ...groups.slice(0, start)];
  }

  /** All that have ended, whatever it costs. */
  async lookAtAll(ask: AskStates, nowMs: number): Promise<Ended[]> {
    const ended: Ended[] = [];
    const all = this.groupOf.keys();
    for (let lines = take(all); lines.length > 0; lines = take(all)) {
      ended.push(...(await this.examine(lines, ask, nowMs)));
    }
    return ended;
  }

  private wander(): string[] {
    const lines = take(this.wanderer);
    if (lines.length > 0) return lines;
    this.wanderer = this.groupOf.keys();
    return take(this.wanderer);
  }

  private async examine(lines: string[], ask: AskStates, nowMs: number): Promise<Ended[]> {
    const states = await ask(lines);
    return lines.flatMap((line, index) => {
      const state = this.finalState(line, states[index], nowMs);
      return state ? { line, state } : [];
    });
  }

  /** Absent is final only when it stays so. */
  private finalState(
    line: string,
    state: TaskState | 'absent' | undefined,
    nowMs: number,
  ): FinalState | undefined {
    if (state !== 'absent') {
      this.absentSince.delete(line);
      return state === 'finished' || state === 'failed' ? state : undefined;
    }
    const since = this.absentSince.get(line) ?? nowMs;
    this.absentSince.set(line, since);
    return nowMs - since >= ABSENT_MS ? 'absent' : undefined;
  }
}

function take(from: Iterator<string>): string[] {
  const lines: string[] = [];
  while (lines.length < CHUNK) {
    const { done, value } = from.next();
    if (done) break;
    lines.push(value);
  }
  return lines;
}
