import { stat } from 'node:fs/promises';

/** A page cache takes a few GB a second at most: sizes are read before that can have passed the limit. */
const FASTEST_WRITER_BYTES_PER_MS = 4e6;
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;

interface Followed {
  outputBase: string;
  dueAt: number;
  onOver: () => void;
}

/**
 * Watches the sizes of running attempts' output. The wait grows with the room that is left: 0.25 s with the
 * default of 1 GiB, 0.1 s near the limit, so output stops within 0.1 s' worth of writing past it.
 */
export class OutputLimit {
  private readonly followed = new Set<Followed>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly maxBytes: number) {}

  /** Returns what ends it. `onOver` is called once. */
  follow(outputBase: string, onOver: () => void): () => void {
    const entry = { outputBase, onOver, dueAt: performance.now() + this.wait(0) };
    this.followed.add(entry);
    this.plan();
    return () => this.unfollow(entry);
  }

  private unfollow(entry: Followed): void {
    this.followed.delete(entry);
    if (this.followed.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private plan(): void {
    if (this.timer !== undefined || this.followed.size === 0) return;
    this.timer = setTimeout(() => void this.look(), SHORTEST_WAIT_MS);
  }

  private async look(): Promise<void> {
    const now = performance.now();
    const due = [...this.followed].filter(entry => entry.dueAt <= now);
    await Promise.all(due.map(entry => this.check(entry)));
    this.timer = undefined;
    this.plan();
  }

  private async check(entry: Followed): Promise<void> {
    const [out, err] = await Promise.all([
      sizeOf(`${entry.outputBase}.out`),
      sizeOf(`${entry.outputBase}.err`),
    ]);
    entry.dueAt = performance.now() + this.wait(out + err);
    if (out + err > this.maxBytes && this.followed.delete(entry)) entry.onOver();
  }

  private wait(bytes: number): number {
    const ms = (this.maxBytes - bytes) / FASTEST_WRITER_BYTES_PER_MS;
    return Math.min(Math.max(ms, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  }
}

/** 0 for a file that is not there yet. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
