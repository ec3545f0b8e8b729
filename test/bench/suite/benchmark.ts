/**
 * A benchmark: one file `test/bench/NAME.bench.ts` that calls `benchmark` once. It runs as a test of vitest, so that
 * what tests have (Redis, workers, programs) serves it too, and its result goes into the file that
 * `scripts/bench.mjs` names. It judges nothing: a goal that is missed is told, and fails nothing.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { type BenchmarkResult, type Contest, type Goal, thisMachine } from './results';
import { type RoundsOptions, runInTurn } from './rounds';
import { printBenchmark } from './words';

/** No benchmark takes so long; one that hangs must not hang for ever. */
const TIMEOUT_MS = 2 * 60 * 60_000;

export interface ContestOptions extends Omit<RoundsOptions, 'tell'>, Omit<Contest, 'competitors'> {}

export interface Bench {
  /** `--full`: sizes that take longer than a few minutes. */
  readonly isFull: boolean;
  /** Runs competitors in turn and keeps their samples under a name. */
  contest(name: string, options: ContestOptions): Promise<Contest>;
  /** States what is wanted of what was or will be measured. */
  goal(goal: Goal): void;
  /** Says on the terminal how far it is. */
  tell(what: string): void;
}

/** @param title the heading of what is printed */
export function benchmark(title: string, run: (bench: Bench) => Promise<void>): void {
  it(title, { timeout: TIMEOUT_MS }, async () => {
    const began = performance.now();
    const date = new Date().toISOString();
    const isFull = process.env.DISTCOMP_BENCH_FULL === '1';
    const contests: Record<string, Contest> = {};
    const goals: Goal[] = [];
    await run({
      isFull,
      tell,
      goal: goal => goals.push(goal),
      async contest(name, options) {
        const { title: what, figures, reference } = options;
        const say = (step: string) => tell(`${name}, ${step}`);
        const competitors = await runInTurn({ ...options, tell: say });
        const contest = { title: what, figures, ...(reference ? { reference } : {}), competitors };
        contests[name] = contest;
        return contest;
      },
    });
    const result: BenchmarkResult = {
      title,
      date,
      seconds: (performance.now() - began) / 1_000,
      full: isFull,
      machine: thisMachine(redisVersion()),
      contests,
      goals,
    };
    const file = process.env.DISTCOMP_BENCH_RESULT;
    if (file) writeFileSync(file, JSON.stringify(result));
    else console.log(printBenchmark(result));
  });
}

// Past vitest, which would put a heading of its own over each line.
const tell = (what: string): void => {
  process.stderr.write(`  ${what}\n`);
};

function redisVersion(): string {
  const said = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(said)?.[1] ?? 'unknown';
}
