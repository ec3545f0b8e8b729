/** Durations as the tests of the estimated end draw them. */
import type { Durations } from './random';

/** Of a mean of about `meanMs`; nothing is longer than twenty times as long. */
export const MEASURED = {
  constant: meanMs => () => meanMs,
  exponential: meanMs => u => cut(meanMs, -meanMs * Math.log(1 - u)),
  /** Of the deviation 1 before the exponential function, so that the median is 0.61 of the mean. */
  lognormal: meanMs => u => cut(meanMs, meanMs * Math.exp(normal(u) - 0.5)),
  /** Of shape 1.5: a third of the mean is the least, and the variance would have no bound. */
  pareto: meanMs => u => cut(meanMs, (meanMs / 3) * (1 - u) ** (-1 / 1.5)),
} satisfies Record<string, (meanMs: number) => Durations>;

const cut = (meanMs: number, durationMs: number) => Math.min(durationMs, 20 * meanMs);

/** The quantile of the normal law, to one in a hundred: that of the logistic one beside it (Shore 1982). */
function normal(u: number): number {
  const upper = Math.max(u, 1 - u);
  return Math.sign(u - 0.5) * 5.5556 * (1 - ((1 - upper) / upper) ** 0.1186);
}
