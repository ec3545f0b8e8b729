/** How a lane hears of its attempts. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bench, LANE_KINDS } from './harness';

const ATTEMPTS = 20;
/** Of system calls to read, an attempt: the shell's own, and those of the program that it starts. */
const FEW = 30;

/** How often a process, and what it waited for, called the system to read. */
const readsOf = (pid: number) =>
  Number(/^syscr: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);

// Bash reads its script byte by byte where it cannot go back in it.
describe.each(LANE_KINDS.filter(({ name }) => !name.includes('bash')))('$name', kind => {
  it('reads an attempt in blocks, and not byte by byte', async () => {
    const bench = new Bench(kind);
    const lane = Number((await bench.run('echo $PPID')).out);
    const before = readsOf(lane);
    for (let at = 0; at < ATTEMPTS; at++) await bench.run(`: ${'x'.repeat(100)}`);
    expect((await bench.run('echo $PPID')).out).toBe(`${lane}\n`);
    expect(readsOf(lane) - before).toBeLessThan(ATTEMPTS * FEW);
  });
});
