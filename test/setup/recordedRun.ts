/** What was read of a queue in a run, look by look, as `test/fixtures/runs` keeps it. */
import type { Overview } from '../../src/queue/overview';

const COLUMNS = [
  'ms',
  'todo',
  'inProgress',
  'lanes',
  'ended',
  'minute',
  'secondsOfThisMinute',
  'endedThisMinute',
  'millisecondsThisMinute',
  'endedLastMinute',
  'millisecondsLastMinute',
] as const;

/** `ms`: since the tasks were submitted; all else as `overview` answers it. */
export type RecordedLook = Record<(typeof COLUMNS)[number], number>;

export function recordedLook(ms: number, { counts, progress, lanes }: Overview): RecordedLook {
  const { todo, inProgress } = counts;
  return { ...progress, ms: Math.round(ms), todo, inProgress, lanes: lanes?.all ?? 0 };
}

export function printRun(looks: readonly RecordedLook[]): string {
  const rows = looks.map(look => COLUMNS.map(column => look[column]).join(','));
  return `${[COLUMNS.join(','), ...rows].join('\n')}\n`;
}

export function parseRun(text: string): RecordedLook[] {
  const [names = '', ...rows] = text.trimEnd().split('\n');
  if (names !== COLUMNS.join(',')) throw new Error(`not a recorded run: ${names}`);
  return rows.map(row => {
    const values = row.split(',').map(Number);
    const at = (column: (typeof COLUMNS)[number]) => values[COLUMNS.indexOf(column)] ?? Number.NaN;
    return {
      ms: at('ms'),
      todo: at('todo'),
      inProgress: at('inProgress'),
      lanes: at('lanes'),
      ended: at('ended'),
      minute: at('minute'),
      secondsOfThisMinute: at('secondsOfThisMinute'),
      endedThisMinute: at('endedThisMinute'),
      millisecondsThisMinute: at('millisecondsThisMinute'),
      endedLastMinute: at('endedLastMinute'),
      millisecondsLastMinute: at('millisecondsLastMinute'),
    };
  });
}
