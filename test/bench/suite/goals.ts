/** Whether goals were reached. Pure. */
import { type BenchmarkResult, type Goal, samplesOf } from './results';
import { differences, ratios, type Summary, summarise } from './statistics';

export interface Judged {
  readonly goal: Goal;
  readonly measured: Summary;
  readonly isReached: boolean;
}

/** A goal is reached when the median is. @throws when what it is about was not measured */
export function judge(result: BenchmarkResult, goal: Goal): Judged {
  const samples = (competitor: string) => samplesOf(result, goal.contest, goal.figure, competitor);
  const own = samples(goal.of);
  const judged =
    goal.over !== undefined
      ? ratios(own, samples(goal.over))
      : goal.beyond !== undefined
        ? differences(own, samples(goal.beyond))
        : own;
  const measured = summarise(judged);
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
  return { goal, measured, isReached: measured.median >= atLeast && measured.median <= atMost };
}
