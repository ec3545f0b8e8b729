/** Failed tasks by kind. What Redis lists of a kind is a hint: the script that acts on it checks it. */
import { chunks } from './chunks';
import type { Queue } from './queue';
import { scanHash } from './scan';

/** Tasks that failed in the same way. */
export interface FailureKind {
  signature: string;
  count: number;
}

/** More kinds than a person looks through: then the signatures say little, and the rest is not read. */
const MOST_KINDS = 10_000;

/** The kinds of failures of a queue, the most frequent first; of a very long list only a part. */
export async function failureKinds(queue: Queue): Promise<FailureKind[]> {
  const kinds = new Map<string, number>();
  for await (const fields of scanHash(queue, queue.keys.failures)) {
    for (const { name, value } of fields) kinds.set(name, Number(value));
    if (kinds.size >= MOST_KINDS) break;
  }
  return [...kinds]
    .map(([signature, count]) => ({ signature, count }))
    .sort((a, b) => b.count - a.count || (a.signature < b.signature ? -1 : 1));
}

/** How many tasks failed so. */
export async function countOfKind({ redis, keys }: Queue, signature: string): Promise<number> {
  return Number((await redis.hget(keys.failures, signature)) ?? 0);
}

/** The signatures of failed tasks, each once. None is known of what an original failed. */
export async function signaturesOf(
  { redis, keys }: Queue,
  lines: readonly string[],
): Promise<string[]> {
  const found = new Set<string>();
  for (const chunk of chunks(lines)) {
    for (const signature of await redis.hmget(keys.signatures, ...chunk)) {
      if (signature !== null) found.add(signature);
    }
  }
  return [...found];
}

/**
 * The tasks that failed so, in chunks: of the list of that kind if it has all of them, which is quick; else
 * by looking through the signatures of all failed tasks.
 */
export async function* linesOfKind(queue: Queue, signature: string): AsyncGenerator<string[]> {
  const listed = await listedLines(queue, signature);
  if (listed.length >= (await countOfKind(queue, signature))) {
    yield* chunks(listed);
    return;
  }
  for await (const fields of scanHash(queue, queue.keys.signatures)) {
    const meant = fields.filter(({ value }) => value === signature);
    yield* chunks(meant.map(({ name }) => name));
  }
}

/** Those of the list whose signature is still this one: the list keeps what was retried meanwhile. */
async function listedLines({ redis, keys }: Queue, signature: string): Promise<string[]> {
  const list = await redis.lrange(`${keys.prefix}failures:${signature}`, 0, -1);
  const lines: string[] = [];
  for (const chunk of chunks([...new Set(list)])) {
    const signatures = await redis.hmget(keys.signatures, ...chunk);
    lines.push(...chunk.filter((_, i) => signatures[i] === signature));
  }
  return lines;
}
