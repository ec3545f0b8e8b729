/**
 * Reads the output of a task again and again. What is known is not asked for again: a file that is
 * here is read without its worker, and what an attempt that ended wrote is kept.
 */
import type { AttemptRecord } from './attempt';
import { details, type TaskDetails } from './details';
import { type FoundOutput, findOutput, outputHere, type ReadHere, runningAttempt } from './output';
import type { Queue } from './queue';

export interface TaskOutput {
  task: TaskDetails;
  found: FoundOutput;
}

export class OutputReader {
  #last: TaskOutput | undefined;

  /** `attempt` undefined: always the newest. */
  constructor(
    readonly line: string,
    readonly attempt: number | undefined,
    private readonly readHere: ReadHere,
  ) {}

  /** Throws when Redis is away. */
  async read(queue: Queue): Promise<TaskOutput> {
    const task = await details(queue, this.line);
    const found =
      (await this.#again(task)) ?? (await findOutput(queue, task, this.attempt, this.readHere));
    this.#last = { task, found: this.#orOld(task, found) };
    return this.#last;
  }

  async #again(task: TaskDetails): Promise<FoundOutput | undefined> {
    const last = this.#last;
    if (last?.found.kind === 'ended') {
      const { record, output } = last.found;
      if (output.isUnanswered) return undefined;
      return record && isSame(record, this.#ended(task)) ? last.found : undefined;
    }
    if (last?.found.kind !== 'running' || !isSameRun(last.task, task)) return undefined;
    const { source, path } = last.found.output ?? {};
    if (source !== 'file' || path === undefined) return undefined;
    const output = await outputHere(path, this.readHere);
    return output && { kind: 'running', attempt: last.found.attempt, output };
  }

  /** What a worker told before stays when it does not answer. */
  #orOld(task: TaskDetails, found: FoundOutput): FoundOutput {
    const last = this.#last;
    if (found.kind !== 'running' || found.output || last?.found.kind !== 'running') return found;
    return last.found.output && isSameRun(last.task, task) ? { ...last.found, isOld: true } : found;
  }

  /** The record to show, if it is one of an attempt that ended. */
  #ended(task: TaskDetails): AttemptRecord | undefined {
    const { attempt } = this;
    if (attempt === undefined && runningAttempt(task) !== undefined) return undefined;
    return task.attempts.find(({ number }) => number === (attempt ?? number));
  }
}

const isSame = (one: AttemptRecord, other: AttemptRecord | undefined) =>
  one.number === other?.number && one.end === other.end && one.worker === other.worker;

const isSameRun = (one: TaskDetails, other: TaskDetails) =>
  one.startedAt !== undefined && one.startedAt === other.startedAt && one.worker === other.worker;
