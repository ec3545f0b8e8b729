/** A wall clock that a test steps under a program that it starts: see steppedClock.c. */
import { execFileSync } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SteppedClock {
  /** For the program that is to live by it. */
  readonly environment: Record<string, string>;
  /** It is off by so many seconds from now on. */
  step(seconds: number): void;
}

/** @param folder where its files stand; whoever made it removes it */
export function steppedClock(folder: string): SteppedClock {
  const library = join(folder, 'clock.so');
  const source = join(import.meta.dirname, 'steppedClock.c');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source]);
  const path = join(folder, 'clock.step');
  const file = openSync(path, 'w+');
  const step = (seconds: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    writeSync(file, bytes, 0, 8, 0);
  };
  step(0);
  return { environment: { LD_PRELOAD: library, CHAOS_CLOCK: path }, step };
}
