import { createHash, randomBytes } from 'node:crypto';
import { ConnectionLost, isAway } from './away';
import askText from './lua/ask.lua';
import cancelText from './lua/cancel.lua';
import claimText from './lua/claim.lua';
import cleanupText from './lua/cleanup.lua';
import clearText from './lua/clear.lua';
import closeText from './lua/close.lua';
import countTasksText from './lua/count_tasks.lua';
import countsText from './lua/counts.lua';
import cycleText from './lua/cycle.lua';
import detailsText from './lua/details.lua';
import drainText from './lua/drain.lua';
import historyText from './lua/history.lua';
import indexText from './lua/index.lua';
import journalText from './lua/journal.lua';
import keptLinesText from './lua/kept_lines.lua';
import kindsText from './lua/kinds.lua';
import leaveText from './lua/leave.lua';
import limitsText from './lua/limits.lua';
import overviewText from './lua/overview.lua';
import ownershipText from './lua/ownership.lua';
import pauseText from './lua/pause.lua';
import preludeText from './lua/prelude.lua';
import recoverText from './lua/recover.lua';
import registerText from './lua/register.lua';
import removeAttemptsText from './lua/remove_attempts.lua';
import removeFinishedText from './lua/remove_finished.lua';
import renewText from './lua/renew.lua';
import reportText from './lua/report.lua';
import requestText from './lua/request.lua';
import restoreText from './lua/restore.lua';
import retryText from './lua/retry.lua';
import rowsText from './lua/rows.lua';
import searchText from './lua/search.lua';
import setLimitsText from './lua/set_limits.lua';
import statesText from './lua/states.lua';
import submitText from './lua/submit.lua';
import sweepText from './lua/sweep.lua';
import timeText from './lua/time.lua';
import todoPageText from './lua/todo_page.lua';
import undoBeginText from './lua/undo_begin.lua';
import undoTasksText from './lua/undo_tasks.lua';
import undoableText from './lua/undoable.lua';
import waitingText from './lua/waiting.lua';
import workerTasksText from './lua/worker_tasks.lua';
import workersText from './lua/workers.lua';
import type { Queue } from './queue';

/** Before every script. */
const SHARED = [preludeText, indexText, historyText, limitsText, ownershipText];

/** Parts of Lua with the shared ones before them. Redis keeps the whole by its hash. */
interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(...parts: readonly string[]): Script {
  const text = [...SHARED, ...parts].join('\n');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export const scripts = {
  cancel: script(journalText, cancelText),
  cleanup: script(cleanupText),
  clear: script(journalText, clearText),
  close: script(closeText),
  counts: script(countTasksText, countsText),
  cycle: script(askText, reportText, claimText, cycleText),
  details: script(detailsText),
  drain: script(drainText),
  keptLines: script(journalText, keptLinesText),
  kinds: script(countTasksText, kindsText),
  leave: script(leaveText),
  overview: script(countTasksText, overviewText),
  pause: script(pauseText),
  recover: script(recoverText),
  register: script(registerText),
  removeAttempts: script(journalText, removeAttemptsText),
  removeFinished: script(journalText, removeFinishedText),
  renew: script(renewText),
  request: script(requestText),
  restore: script(journalText, restoreText),
  retry: script(journalText, retryText),
  rows: script(rowsText),
  search: script(searchText),
  setLimits: script(setLimitsText),
  states: script(statesText),
  submit: script(submitText),
  sweep: script(sweepText),
  time: script(timeText),
  todoPage: script(todoPageText),
  undoBegin: script(journalText, undoBeginText),
  undoTasks: script(journalText, undoTasksText),
  undoable: script(journalText, undoableText),
  waiting: script(waitingText),
  workerTasks: script(workerTasksText),
  workers: script(workersText),
} as const;

export type ScriptArgument = string | number;

/**
 * Runs a script on a queue. The text travels only when Redis does not know its hash yet.
 *
 * @throws ReplyError when the script refuses; then it has changed nothing.
 * @throws ConnectionLost when Redis is away; then it may have changed something.
 */
export async function runScript(
  queue: Queue,
  script: Script,
  values: readonly ScriptArgument[],
): Promise<unknown> {
  try {
    return await evaluate(queue, script, values);
  } catch (error) {
    throw isAway(error) ? new ConnectionLost(error) : error;
  }
}

async function evaluate(
  { redis, keys }: Queue,
  { text, sha }: Script,
  values: readonly ScriptArgument[],
): Promise<unknown> {
  const random = randomBytes(8).toString('hex');
  const rest = [...keys.fixed, keys.prefix, random, ...values];
  try {
    return await redis.evalsha(sha, keys.fixed.length, ...rest);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return await redis.eval(text, keys.fixed.length, ...rest);
  }
}
