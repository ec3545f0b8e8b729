import type { AttemptSpec } from './executor';

/** `$0` of a lane's shell: the name by which it begins its own messages. */
export const LANE_NAME = 'distcomp-lane';

/** The lane's loop ignores these between tasks and only notices them during one. */
const SIGNALS = 'HUP INT QUIT TERM USR1 USR2 ALRM PIPE';

/**
 * The lane's loop. Five lines on standard input are one attempt; its exit status is one line on file
 * descriptor 3. Runs on dash, bash and busybox. Each detail has a failure behind it:
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
 */
export const LANE_SCRIPT = `unset _o _c _s
export DISTCOMP_TASK_ID DISTCOMP_WORKER DISTCOMP_ATTEMPT
trap '' ${SIGNALS}
while IFS= read -r DISTCOMP_TASK_ID && IFS= read -r DISTCOMP_WORKER &&
  IFS= read -r DISTCOMP_ATTEMPT && IFS= read -r _o && IFS= read -r _c; do
  trap : ${SIGNALS}
  /bin/sh -c -- "$_c" </dev/null >"$_o.out" 2>>"$_o.err" 3>&-
  _s=$?
  trap '' ${SIGNALS}
  echo "$_s" >&3 || exit
done`;

/** The five lines. */
export function laneLines(spec: AttemptSpec): string {
  const { taskId, worker, attempt, outputBase, command } = spec;
  return `${taskId}\n${worker}\n${attempt}\n${outputBase}\n${command}\n`;
}

/** Whether what stands in an attempt's `.err` is the lane's word that it could not start the task. */
export function isLaneMessage(text: string): boolean {
  return text.startsWith(`${LANE_NAME}: `);
}
