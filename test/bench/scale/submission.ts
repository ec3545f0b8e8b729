/** The command `submit` as a program, with a file of many lines: how fast, and in how much memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { programs } from '../../setup/bundle';

const LOOK_MS = 10;

export interface Submission {
  linesPerSecond: number;
  /** The most that it held at a time. */
  peakMb: number;
}

/** A line as researchers write them, each with another seed. */
export const taskLine = (seed: number): string =>
  `shell:1:0:0:./train --data /sets/imagenet --rate 0.1 --seed ${seed}`;

export async function submitManyLines(url: string, lines: number): Promise<Submission> {
  const folder = await mkdtemp(join(tmpdir(), 'distcomp-bench-'));
  try {
    const file = join(folder, 'tasks.txt');
    await pipeline(chunksOfLines(lines), createWriteStream(file));
    const { cli } = programs();
    const beganAt = performance.now();
    const child = spawn(process.execPath, [cli, 'submit', '--redis', url, file], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit');
    const peak = new PeakMemory(child.pid ?? 0);
    const [code] = await ended;
    const seconds = (performance.now() - beganAt) / 1000;
    peak.stop();
    if (code !== 0) throw new Error(`submit ended with ${code}`);
    return { linesPerSecond: lines / seconds, peakMb: peak.mb };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function* chunksOfLines(lines: number): Generator<string> {
  const step = 10_000;
  for (let first = 0; first < lines; first += step) {
    const count = Math.min(step, lines - first);
    yield Array.from({ length: count }, (_, i) => `${taskLine(first + i)}\n`).join('');
  }
}

/** The kernel keeps the most that a process ever held: the last look before its end is about that. */
class PeakMemory {
  mb = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#timer = setInterval(async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const kb = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
      this.mb = Math.max(this.mb, kb / 1024);
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
