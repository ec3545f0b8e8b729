import { describe, expect, it } from 'vitest';
import { membersOf } from '../../../src/worker/lanes/leftovers';
import type { ProcessInfo } from '../../../src/worker/lanes/processTable';

describe('what is left of an instance', () => {
  const process = (pid: number, parent: number, session: number): ProcessInfo => ({
    pid,
    parent,
    session,
    startedAt: pid,
    stopped: false,
    memoryMb: 0,
    cpuSeconds: 0,
  });

  it('is what carries its mark, what stands in their sessions, and all below', () => {
    const all = [
      process(20, 1, 10),
      process(30, 20, 30),
      process(10, 1, 10),
      process(40, 30, 40),
      process(50, 1, 50),
    ];
    const found = membersOf(all, new Map(), pid => pid === 10).map(one => one.pid);
    expect(found.sort()).toEqual([10, 20, 30, 40]);
  });

  it('is also what an earlier look found, unless the number is another process’s by now', () => {
    const known = new Map([
      [20, process(20, 1, 10)],
      [30, { ...process(30, 1, 10), startedAt: 5 }],
    ]);
    const found = membersOf([process(20, 1, 10), process(30, 1, 10)], known, () => false);
    expect(found.map(one => one.pid)).toEqual([20]);
  });
});
