/** What the tasks of a run do: `task.sh` has the deeds, this the lines. */
import type { Random } from '../unit/worker/simulation/random';

/** How often each kind comes, of a hundred. */
const KINDS = {
  quick: 40,
  short: 24,
  long: 4,
  fails: 6,
  flaky: 6,
  forks: 4,
  daemon: 3,
  stubborn: 3,
  loud: 4,
  closes: 4,
  grows: 2,
} as const;

export type TaskKind = keyof typeof KINDS | 'gate' | 'kills';

/** With `own` the line has more colons than four, so that an original never sees it. */
export function lineOf(kind: TaskKind, number: number, own = false, priority = 5): string {
  return `shell:${priority}:0:0:$CHAOS_TASK ${kind} ${own ? 'own:' : ''}${number}`;
}

/** What stands last in a line and tells it from all others. */
export const idOf = (text: string): string => text.slice(text.lastIndexOf(' ') + 1);

/** Whether the task can end well. */
export const endsWell = (line: string): boolean => !line.includes(' fails ');

/** Lines with the numbers from `first` on. */
export function drawTasks(first: number, count: number, random: Random): string[] {
  return Array.from({ length: count }, (_, i) => {
    const own = random() < 0.15;
    const priority = Math.floor(random() * 4);
    return lineOf(drawKind(random), first + i, own, priority);
  });
}

function drawKind(random: Random): TaskKind {
  let left = random() * Object.values(KINDS).reduce((sum, share) => sum + share, 0);
  for (const [kind, share] of Object.entries(KINDS) as [TaskKind, number][]) {
    left -= share;
    if (left < 0) return kind;
  }
  return 'quick';
}
