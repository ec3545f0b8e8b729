/** What processes took of the processor, from Linux's `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

/** A tick of `/proc/PID/stat` in ms: `USER_HZ` is 100 on every architecture that Node runs on. */
const TICK_MS = 10;

interface Usage {
  parent: number;
  /** Its own and that of the children that it waited for, ms. */
  cpuMs: number;
  /** That of the children alone. */
  childrenMs: number;
}

/** Milliseconds of the children of this process that have ended, and of theirs. */
export function endedChildrenMs(): number {
  return usageOf('self')?.childrenMs ?? 0;
}

/** Milliseconds that a process itself took since it began; 0 when it is gone. */
export function ownMs(pid: number): number {
  const usage = usageOf(String(pid));
  return usage ? usage.cpuMs - usage.childrenMs : 0;
}

/**
 * Milliseconds that these processes and all below them took since they began, those included that have
 * ended and were waited for. Of use as a difference.
 */
export function treeMs(roots: readonly number[]): number {
  const all = new Map<number, Usage>();
  for (const name of readdirSync('/proc')) {
    const usage = /^\d+$/.test(name) ? usageOf(name) : undefined;
    if (usage) all.set(Number(name), usage);
  }
  const isBelow = (pid: number): boolean => {
    if (roots.includes(pid)) return true;
    const parent = all.get(pid)?.parent;
    return parent !== undefined && isBelow(parent);
  };
  const below = [...all].filter(([pid]) => isBelow(pid));
  return below.reduce((sum, [, { cpuMs }]) => sum + cpuMs, 0);
}

function usageOf(pid: string): Usage | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields
      .slice(11, 15)
      .map(Number);
    const childrenMs = (childrenUser + childrenSystem) * TICK_MS;
    return {
      parent: Number(fields[1]),
      cpuMs: (user + system) * TICK_MS + childrenMs,
      childrenMs,
    };
  } catch {
    return undefined;
  }
}
