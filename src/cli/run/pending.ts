/**
 * The tasks of one file that have not ended yet. Their states in Redis are the truth; asking for all
 * of them at each look would cost more the longer the file, so a look asks for some.
 */
import type { TaskState } from '../../queue/states';

export type FinalState = 'finished' | 'failed' | 'absent';
export type AskStates = (lines: string[]) => Promise<(TaskState | 'absent')[]>;

export interface Ended {
  line: string;
  state: FinalState;
}

const CHUNK = 500;
const MOST_CHUNKS = 20;
/** A chunk of which so many ended is worth going on from. */
const PRODUCTIVE = CHUNK / 4;
/** Between two commands of the original a task is nowhere for a moment. */
const ABSENT_MS = 5_000;

/**
 * Each look begins at the head, since tasks mostly end in the order of the file, and at a place that
 * wanders through the rest, since priorities and retries make exceptions; it goes on from either as
 * long as it finds much. What has ended stays until it is removed.
 */
export class PendingTasks {
  private readonly lines = new Set<string>();
  private readonly absentSince = new Map<string, number>();
  private wanderer: Iterator<string> = this.lines.values();

  get size(): number {
    return this.lines.size;
  }

  add(line: string): void {
    this.lines.add(line);
  }

  has(line: string): boolean {
    return this.lines.has(line);
  }

  remove(line: string): void {
    this.lines.delete(line);
    this.absentSince.delete(line);
  }

  /** Those that are found to have ended. `nowMs`: any steady clock. */
  async look(ask: AskStates, nowMs: number): Promise<Ended[]> {
    const ended = new Map<string, Ended>();
    let chunks = 0;
    const follow = async (next: () => string[]) => {
      for (let lines = next(); lines.length > 0 && chunks < MOST_CHUNKS; lines = next()) {
        chunks += 1;
        const found = await this.examine(lines, ask, nowMs);
        for (const one of found) ended.set(one.line, one);
        if (found.length < PRODUCTIVE) return;
      }
    };
    const head = this.lines.values();
    await follow(() => take(head));
    await follow(() => this.wander());
    return [...ended.values()];
  }

  /** All that have ended, whatever it costs. */
  async lookAtAll(ask: AskStates, nowMs: number): Promise<Ended[]> {
    const ended: Ended[] = [];
    const all = this.lines.values();
    for (let lines = take(all); lines.length > 0; lines = take(all)) {
      ended.push(...(await this.examine(lines, ask, nowMs)));
    }
    return ended;
  }

  private wander(): string[] {
    const lines = take(this.wanderer);
    if (lines.length > 0) return lines;
    this.wanderer = this.lines.values();
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
