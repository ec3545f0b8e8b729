import { createHash, randomBytes } from 'node:crypto';
import { ConnectionLost, isAway } from './connection';
import clearText from './lua/clear.lua';
import countsText from './lua/counts.lua';
import cycleText from './lua/cycle.lua';
import detailsText from './lua/details.lua';
import leaveText from './lua/leave.lua';
import prelude from './lua/prelude.lua';
import recoverText from './lua/recover.lua';
import registerText from './lua/register.lua';
import renewText from './lua/renew.lua';
import retryText from './lua/retry.lua';
import rowsText from './lua/rows.lua';
import statesText from './lua/states.lua';
import submitText from './lua/submit.lua';
import sweepText from './lua/sweep.lua';
import todoPageText from './lua/todo_page.lua';
import type { Queue } from './queue';

/** A Lua script with the prelude before it. Redis keeps it by its hash. */
interface Script {
  readonly text: string;
  readonly sha: string;
}

function script(text: string): Script {
  const whole = `${prelude}\n${text}`;
  return { text: whole, sha: createHash('sha1').update(whole).digest('hex') };
}

export const scripts = {
  clear: script(clearText),
  counts: script(countsText),
  cycle: script(cycleText),
  details: script(detailsText),
  leave: script(leaveText),
  recover: script(recoverText),
  register: script(registerText),
  renew: script(renewText),
  retry: script(retryText),
  rows: script(rowsText),
  states: script(statesText),
  submit: script(submitText),
  sweep: script(sweepText),
  todoPage: script(todoPageText),
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
