/** Waiting for conditions, so that no test sleeps a fixed time. */
import { inspect } from 'node:util';

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

interface UntilOptions {
  /** Default 120,000 ms: a deadline for a hang, never a measure of speed. */
  timeoutMs?: number;
  /** What is waited for: "three tasks in failed_tasks". May look further when time is up. */
  describe?: string | (() => string | Promise<string>);
}

/**
 * Polls until the condition is truthy and returns that value. A condition that throws (an assertion,
 * a connection that is not there yet) does not hold yet. Throws at the deadline, saying what was
 * waited for and the last value or error seen.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 120_000, describe = 'the condition' }: UntilOptions = {},
): Promise<Truthy<Awaited<T>>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = 'nothing: the first look has not ended';
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 1.5, 100)) {
    try {
      const value = await beforeDeadline(condition(), deadline);
      if (value) return value as Truthy<Awaited<T>>;
      last = value;
    } catch (error) {
      if (!(error instanceof LookHangs)) last = error;
    }
    if (Date.now() >= deadline) throw await timeUp(timeoutMs, describe, last);
    await new Promise(resolve => setTimeout(resolve, waitMs));
  }
}

class LookHangs extends Error {}

/** A look that never ends (a connection that answers nothing) must not outlive the deadline. */
async function beforeDeadline<T>(look: T | Promise<T>, deadline: number): Promise<Awaited<T>> {
  let timer: NodeJS.Timeout | undefined;
  const alarm = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LookHangs()), Math.max(0, deadline - Date.now()));
  });
  try {
    return await Promise.race([look, alarm]);
  } finally {
    clearTimeout(timer);
  }
}

async function timeUp(
  timeoutMs: number,
  describe: NonNullable<UntilOptions['describe']>,
  last: unknown,
): Promise<Error> {
  const what = typeof describe === 'string' ? describe : await describe();
  const seen = last instanceof Error ? last.message : inspect(last, { depth: 4 });
  return new Error(`Waited ${timeoutMs} ms for ${what}. Last seen: ${seen}`, {
    cause: last instanceof Error ? last : undefined,
  });
}
