/**
 * What one asks of a worker on another host: the end of a task's output. A request waits in
 * `commands:<instance>` for the worker's next heartbeat, its answer in `replies:<id>`; both expire.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queue } from './queue';
import { runScript, scripts } from './script';

export interface OutputRequest {
  line: string;
  /** Of an attempt that ended, as its record says. Undefined: of the attempt that runs. */
  path?: string;
}

/** The end of a file. */
export interface FileTail {
  text: string;
  /** Of the whole file. */
  bytes: number;
  /** Whether there is more in front of `text`. */
  cut: boolean;
}

/** The ends of what one attempt wrote. A file is missing when its time was up. */
export interface OutputTails {
  /** On the worker's host, without `.out` and `.err`. */
  path: string;
  /** Of the attempt that runs: its number. */
  attempt?: number;
  out?: FileTail;
  err?: FileTail;
}

export type OutputAnswer =
  | { kind: 'ok'; output: OutputTails }
  /** No worker of that name is there to ask. */
  | { kind: 'no_worker' }
  | { kind: 'no_answer' }
  /** The worker has no such output. */
  | { kind: 'no_output' };

const REPLY_SECONDS = 60;
const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 400;

/** Asks a worker. It answers with its next heartbeat, which the request hastens. */
export async function requestOutput(
  queue: Queue,
  worker: string,
  request: OutputRequest,
  timeoutMs: number,
): Promise<OutputAnswer> {
  const id = randomBytes(8).toString('hex');
  const left = await runScript(queue, scripts.request, [
    worker,
    JSON.stringify({ id, ...request }),
  ]);
  if (left !== 1) return { kind: 'no_worker' };
  const until = performance.now() + timeoutMs;
  let pause = FIRST_LOOK_MS;
  while (performance.now() < until) {
    await sleep(Math.min(pause, until - performance.now()));
    const reply = await queue.redis.lpop(repliesKey(queue, id));
    if (reply !== null) return parseReply(reply);
    pause = Math.min(pause * 1.5, LONGEST_LOOK_MS);
  }
  return { kind: 'no_answer' };
}

/** On the worker's side. `output` undefined: there is none. */
export async function answerRequest(
  queue: Queue,
  id: string,
  output: OutputTails | undefined,
): Promise<void> {
  const key = repliesKey(queue, id);
  const reply = JSON.stringify(output ?? {});
  await queue.redis.multi().rpush(key, reply).expire(key, REPLY_SECONDS).exec();
}

/** Undefined for what is no request. Whoever can write to Redis may have written it. */
export function parseRequest(text: string): (OutputRequest & { id: string }) | undefined {
  const { id, line, path } = readObject(text);
  if (typeof id !== 'string' || !/^[\da-f]{16}$/.test(id) || typeof line !== 'string')
    return undefined;
  if (path !== undefined && typeof path !== 'string') return undefined;
  return { id, line, ...(path === undefined ? {} : { path }) };
}

function parseReply(text: string): OutputAnswer {
  const { path, attempt, out, err } = readObject(text);
  if (typeof path !== 'string') return { kind: 'no_output' };
  return {
    kind: 'ok',
    output: {
      path,
      ...(typeof attempt === 'number' ? { attempt } : {}),
      ...(isTail(out) ? { out } : {}),
      ...(isTail(err) ? { err } : {}),
    },
  };
}

function isTail(value: unknown): value is FileTail {
  if (typeof value !== 'object' || value === null) return false;
  const { text, bytes, cut } = value as Partial<Record<keyof FileTail, unknown>>;
  return typeof text === 'string' && typeof bytes === 'number' && typeof cut === 'boolean';
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function repliesKey({ keys }: Queue, id: string): string {
  return `${keys.prefix}replies:${id}`;
}
