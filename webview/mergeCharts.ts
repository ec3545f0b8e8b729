import type { Charts } from '../src/protocol';

/** Both as one: of a minute that both have, the later figures count. */
export function merged(before: Charts, latest: Charts): Charts {
  const [from = Number.POSITIVE_INFINITY] = latest.times;
  const kept = before.times.filter(time => time < from).length;
  const dropped = Math.max(0, kept + latest.times.length - latest.period);
  const join = <T>(old: readonly T[], late: readonly T[]) => [...old.slice(dropped, kept), ...late];
  return {
    ...latest,
    times: join(before.times, latest.times),
    charts: latest.charts.map((chart, i) => ({
      ...chart,
      series: chart.series.map((series, j) => ({
        ...series,
        values: join(before.charts[i]?.series[j]?.values ?? [], series.values),
      })),
    })),
  };
}
