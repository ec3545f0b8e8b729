import { shellWord } from '../../tasks/shellWord';
import type { AttemptSpec } from './executor';

/** A lane ignores these between tasks and only notices them during one. */
const SIGNALS = 'HUP INT QUIT TERM USR1 USR2 ALRM PIPE';

/**
 * How a lane's shell is started: it takes its script from standard input, which dash and busybox read in blocks.
 * `read` takes a call of the system for each byte.
 */
export const LANE_ARGUMENTS = ['-s'] as const;

/**
 * The beginning of a lane's script: how it runs an attempt. Runs on dash, bash and busybox. Each detail has a
 * failure behind it:
 *
 * - `unset`: a variable that was exported to the lane would be exported to tasks with our values.
 * - `trap :` rather than `trap ''` while a task runs: the lane survives a `kill 0` of its task, and the
 *   task gets the default action, since a caught signal is reset by exec and an ignored one is not.
 * - `3>&-`: otherwise a task could write its own status.
 * - A plain command, no subshell: dash then uses vfork, which saves a fifth of the time.
 * - `2>>`: what the shell itself says about a signal is cut from the end of that file afterwards; a late
 *   writer that did not append would leave a hole there.
 * - `.out` is opened first, so a missing `.err` means that the task never started. A redirection that
 *   fails does not end the shell.
 * - `eval` rather than a function: in one, bash would begin what it says of itself with `main`.
 */
export const LANE_PRELUDE = `unset _o _c _s _run
export DISTCOMP_TASK_ID DISTCOMP_WORKER DISTCOMP_ATTEMPT
trap '' ${SIGNALS}
_run='trap : ${SIGNALS}
/bin/sh -c -- "$_c" </dev/null >"$_o.out" 2>>"$_o.err" 3>&-
_s=$?
trap "" ${SIGNALS}
[ -e "$_o.out" ] && ! [ -s "$_o.out" ] && _s="$_s silent"
echo "$_s" >&3 || exit'
`;

/** What a lane is told to run one attempt. Its answer is one line on file descriptor 3, for `parseStatus`. */
export function laneLine(spec: AttemptSpec): string {
  const { taskId, worker, attempt, outputBase, command } = spec;
  const who = `DISTCOMP_TASK_ID=${shellWord(taskId)} DISTCOMP_WORKER=${shellWord(worker)} DISTCOMP_ATTEMPT=${attempt}`;
  return `${who} _o=${shellWord(outputBase)} _c=${shellWord(command)}; eval "$_run"\n`;
}

/** @returns `silent`: standard output is there and empty, which nobody need look for again */
export function parseStatus(line: string): { status: number; silent: boolean } {
  const [status, silent] = line.split(' ');
  return { status: Number(status), silent: silent !== undefined };
}

/** Whether what stands in an attempt's `.err` is the lane's word that it could not start the task. */
export function isLaneMessage(text: string): boolean {
  return /^\S*sh: .*fork/i.test(text);
}
