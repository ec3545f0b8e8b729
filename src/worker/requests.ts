/** What others ask of this worker, beside its tasks: the ends of what an attempt wrote on this host. */
import { normalize } from 'node:path';
import { readTail } from '../host/fileTail';
import { isOutputBase } from '../queue/outputPaths';
import type { Queue } from '../queue/queue';
import { answerRequest, type OutputTails, parseRequest } from '../queue/requests';

/** Where the output of the attempt of a task that runs is, if it runs. */
export type RunningOutput = (line: string) => { path: string; attempt: number } | undefined;

/** Answers all of them. A reply that cannot be written is asked for again. */
export async function answerRequests(
  queue: Queue,
  texts: readonly string[],
  runningOutput: RunningOutput,
): Promise<void> {
  const requests = texts.map(parseRequest).filter(request => request !== undefined);
  await Promise.all(
    requests.map(async ({ id, line, path }) => {
      const wanted = path === undefined ? runningOutput(line) : { path: normalize(path) };
      // No other file of this host is anybody's business.
      const tails = wanted && isOutputBase(wanted.path) ? await tailsOf(wanted) : undefined;
      await answerRequest(queue, id, tails).catch(() => undefined);
    }),
  );
}

async function tailsOf(wanted: { path: string; attempt?: number }): Promise<OutputTails> {
  const [out, err] = await Promise.all(
    ['.out', '.err'].map(suffix => readTail(wanted.path + suffix)),
  );
  return { ...wanted, ...(out ? { out } : {}), ...(err ? { err } : {}) };
}
