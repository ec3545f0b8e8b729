/** What benchmarks leave: their samples, and where and when they were taken. As JSON in files. */
import { cpus, release } from 'node:os';

/** One quantity that is measured of each competitor. */
export interface Figure {
  /** 'tasks/s', 'ms', 'bytes' */
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** The samples of a competitor by the figure, one a round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** Competitors that went through the same rounds. */
export interface Contest {
  readonly title: string;
  readonly figures: Readonly<Record<string, Figure>>;
  /** Of the others' figures it is said how many times its they are. */
  readonly reference?: string;
  /** By their name; one may lack a figure. */
  readonly competitors: Readonly<Record<string, Samples>>;
}

/** What is wanted of one competitor's figure: alone, over another's, or less another's. */
export interface Goal {
  /** The goal in words, without the number that it wants. */
  readonly says: string;
  readonly contest: string;
  readonly figure: string;
  readonly of: string;
  /** The competitor by whose figure it is divided. */
  readonly over?: string;
  /** The competitor whose figure is taken from it. */
  readonly beyond?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
  readonly node: string;
  readonly redis: string;
}

export interface BenchmarkResult {
  readonly title: string;
  /** When it began, as ISO 8601. */
  readonly date: string;
  readonly seconds: number;
  /** Run with `--full`. */
  readonly full: boolean;
  readonly machine: Machine;
  readonly contests: Readonly<Record<string, Contest>>;
  readonly goals: readonly Goal[];
}

/** By the benchmark's name. */
export type Results = Readonly<Record<string, BenchmarkResult>>;

/** @param redis what its server says of its version */
export function thisMachine(redis: string): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    cpu: processors[0]?.model ?? 'unknown',
    kernel: release(),
    node: process.versions.node,
    redis,
  };
}

/**
 * The samples by which a goal is judged, or of which a page tells.
 * @throws when the run has no such competitor or figure
 */
export function samplesOf(
  { contests }: BenchmarkResult,
  contest: string,
  figure: string,
  competitor: string,
): readonly number[] {
  const samples = contests[contest]?.competitors[competitor]?.[figure];
  if (!samples) throw new Error(`no samples of ${contest}, ${figure}, ${competitor}`);
  return samples;
}
