/** What a submission would do, in words that terminal and editor share. */
import { type Capacity, fits, type Needs, needsInWords, noWorkerHas } from './needs';
import { number, plural, type SubmitCounts } from './words';

/** So many tasks ask for this. */
export interface Ask {
  needs: Needs;
  count: number;
}

export interface AlreadyCounts {
  todo: number;
  in_progress: number;
  finished: number;
  repeated: number;
}

const areOrIs = (count: number) => (count === 1 ? 'is' : 'are');

/** One sentence a line: `1,240 tasks would be added`, and what becomes of the other lines. */
export function previewed(counts: SubmitCounts, already: AlreadyCounts): string[] {
  const { added, retried, unsettled, problems } = counts;
  const sentences = [`${plural(added, 'task')} would be added`];
  if (retried > 0) sentences.push(`${number(retried)} failed before and would be tried again`);
  if (counts.already > 0) {
    const which = whereInWords(already);
    sentences.push(`${number(counts.already)} ${areOrIs(counts.already)} already there: ${which}`);
  }
  if (unsettled > 0) {
    sentences.push(`${number(unsettled)} ${areOrIs(unsettled)} being moved by an original`);
  }
  if (problems > 0) {
    sentences.push(`${plural(problems, 'line')} ${areOrIs(problems)} not understood`);
  }
  return sentences;
}

function whereInWords({ todo, in_progress, finished, repeated }: AlreadyCounts): string {
  const parts: [count: number, where: string][] = [
    [todo, 'to do'],
    [in_progress, 'in progress'],
    [finished, 'finished'],
    [repeated, 'twice in what is submitted'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, where]) => `${number(count)} ${where}`)
    .join(', ');
}

const MOST_ASKS = 20;

/** What tasks ask for against live workers, one line an ask; what nobody has first. */
export function asksInWords(asks: readonly Ask[], workers: readonly Capacity[]): string[] {
  const rows = asks.map(({ needs, count }) => ({
    tasks: plural(count, 'task'),
    needs: needsInWords(needs),
    ...takers(needs, workers),
  }));
  rows.sort((a, b) => Number(b.nobody) - Number(a.nobody));
  const shown = rows.slice(0, MOST_ASKS);
  const widest = (key: 'tasks' | 'needs') => Math.max(0, ...shown.map(row => row[key].length));
  const [tasksWidth, needsWidth] = [widest('tasks'), widest('needs')];
  const lines = shown.map(
    ({ tasks, needs, says }) =>
      `${tasks.padStart(tasksWidth)}  ${needs.padEnd(needsWidth)}  ${says}`,
  );
  const more = rows.length - shown.length;
  return more > 0 ? [...lines, `… and ${plural(more, 'other need')}`] : lines;
}

function takers(needs: Needs, workers: readonly Capacity[]): { nobody: boolean; says: string } {
  const says = noWorkerHas(needs, workers);
  if (says) return { nobody: true, says };
  if (workers.length === 0) return { nobody: false, says: 'no worker is live' };
  const can = workers.filter(worker => fits(needs, worker)).length;
  return {
    nobody: false,
    says: `${number(can)} of ${plural(workers.length, 'live worker')} can take one`,
  };
}
