/** What `run` says at its end, as text and as the JSON document of `docs/command-line.md`. Pure. */
import { commandOf } from '../../queue/rowWords';
import { number, plural, runEnded, shorten, took, visible } from '../../tasks/words';
import type { FileProblem } from '../taskInput';
import type { Outcomes } from './outcomes';

export interface RunResult {
  /** Distinct tasks of the file that are in the queue through this run. */
  submitted: number;
  /** Of those, how many had finished before. */
  already: number;
  outcomes: Outcomes;
  ms: number;
  interrupted: boolean;
  /** Lines that are no task; the list may be shorter than the number. */
  notUnderstood: number;
  problems: FileProblem[];
}

export interface TaskOfRun {
  id: string;
  /** The task line itself. */
  task: string;
  /** Of the file, 1-based; of the first of several that are the same. */
  line: number;
  state: string;
  result?: string;
  reason?: string;
}

const LABEL = 60;
const EXAMPLE = 100;
const MOST_KINDS = 10;
const ID_DIGITS = 6;

/** Lines for a person. `resultDir`: where the full output of tasks is. */
export function summaryText(result: RunResult, resultDir: string): string[] {
  const { outcomes, already, ms } = result;
  const finished = outcomes.finished + already;
  const lines = ['', runEnded(finished, outcomes.failed, ms) + before(already)];
  lines.push(...failureLines(outcomes));
  if (outcomes.slowest) {
    const { seconds, task } = outcomes.slowest;
    lines.push(`slowest: ${took(seconds * 1000)} ${commandLabel(task)}`);
  }
  if (outcomes.finished + outcomes.failed > 0) lines.push(`output of the tasks: ${resultDir}`);
  lines.push(...leftLines(result));
  return lines;
}

function before(already: number): string {
  return already > 0 ? ` · ${number(already)} had finished before` : '';
}

function failureLines(outcomes: Outcomes): string[] {
  const groups = outcomes.failures();
  const shown = groups.slice(0, MOST_KINDS).map(({ tasks, example }) => ({
    text: `  ${number(tasks.length)} × ${shorten(visible(example), EXAMPLE)}`,
    command: `distcomp output ${tasks[0]?.slice(0, ID_DIGITS)}`,
  }));
  const width = Math.max(0, ...shown.map(({ text }) => text.length));
  const lines = shown.map(({ text, command }) => `${text.padEnd(width)}      ${command}`);
  const more = groups.length - shown.length;
  if (more > 0) lines.push(`  … and ${plural(more, 'more kind')} of failure`);
  return lines;
}

/** Tasks of the file that have not ended. */
export function tasksLeft({ submitted, already, outcomes }: RunResult): number {
  return submitted - already - outcomes.finished - outcomes.failed - outcomes.missing;
}

function leftLines(result: RunResult): string[] {
  const { outcomes, interrupted } = result;
  const lines: string[] = [];
  const left = tasksLeft(result);
  if (outcomes.missing > 0) {
    const tasks = plural(outcomes.missing, 'task');
    const verb = outcomes.missing === 1 ? 'is' : 'are';
    lines.push(`${tasks} ${verb} no longer in the queue. Run the file again to go on.`);
  }
  if (interrupted && left > 0) {
    const verb = left === 1 ? 'stays' : 'stay';
    lines.push(`${plural(left, 'task')} ${verb} in the queue. Run the file again to go on.`);
  }
  return lines;
}

/** The JSON document; `tasks` only where there are few enough. */
export function summaryJson(result: RunResult, tasks: TaskOfRun[] | undefined): object {
  const { outcomes, submitted, already, interrupted, notUnderstood, problems } = result;
  return {
    submitted,
    finished: outcomes.finished + already,
    failed: outcomes.failed,
    seconds: Math.round(result.ms) / 1000,
    already,
    missing: outcomes.missing,
    interrupted,
    notUnderstood,
    problems,
    failures: outcomes.failures().map(({ signature, example, tasks: ids }) => ({
      signature,
      count: ids.length,
      example,
      tasks: ids,
    })),
    slowest: outcomes.slowest ?? null,
    ...(tasks ? { tasks } : {}),
  };
}

/** A task's command in little room; what stands before it in the line helps nobody. */
export function commandLabel(line: string): string {
  return shorten(visible(commandOf(line)), LABEL);
}
