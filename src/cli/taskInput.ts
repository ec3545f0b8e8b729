/** Task files as commands are given them: a path, or `-` for standard input. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { readTaskFile, type TaskFileEntry } from '../tasks/file';
import type { Problem } from '../tasks/task';
import { number } from '../tasks/words';
import { say } from './console';
import { fileFault, UsageError } from './exit';

export interface TaskInput {
  /** As messages name it. */
  name: string;
  /** From its beginning, each time. Throws UsageError when it cannot be read. */
  entries(): AsyncGenerator<TaskFileEntry>;
}

/** A file that can be read now. Throws UsageError. */
export async function openTaskFile(path: string): Promise<TaskInput> {
  try {
    const file = await open(path, 'r');
    const isFolder = (await file.stat()).isDirectory();
    await file.close();
    if (isFolder) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw cannotRead(path, error);
  }
  return { name: path, entries: () => readTaskFile(readable(path, createReadStream(path))) };
}

/** Standard input. `again`: it will be read more than once, so it is kept in memory. */
export async function standardInput({ again }: { again: boolean }): Promise<TaskInput> {
  const name = 'standard input';
  if (!again) return { name, entries: () => readTaskFile(readable(name, process.stdin)) };
  const chunks: Buffer[] = [];
  for await (const chunk of readable(name, process.stdin)) chunks.push(Buffer.from(chunk));
  return { name, entries: () => readTaskFile(each(chunks)) };
}

async function* readable(name: string, stream: NodeJS.ReadableStream) {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    throw cannotRead(name, error);
  }
}

async function* each(chunks: Buffer[]) {
  yield* chunks;
}

function cannotRead(name: string, error: unknown): UsageError {
  return new UsageError(`Cannot read ${name}: ${fileFault(error)}.`);
}

/** A line that is no task, with its place: `line` and `column` from 1. */
export type FileProblem = { line: number } & Pick<Problem, 'column' | 'message'>;

const MOST_SAID = 20;
const MOST_KEPT = 1_000;

/** Says the first problems of an input as they come, keeps some more, and counts all. */
export class ProblemReport {
  count = 0;
  readonly kept: FileProblem[] = [];

  constructor(private readonly name: string) {}

  add(line: number, { column, message }: Problem): void {
    this.count += 1;
    if (this.count <= MOST_KEPT) this.kept.push({ line, column, message });
    if (this.count > MOST_SAID) return;
    say(`${this.name}:${line}:${column}: ${message}`);
  }

  /** To be called at the end of the input. */
  sayRest(): void {
    const rest = this.count - MOST_SAID;
    if (rest > 0) say(`… and ${number(rest)} more`);
  }
}

/** For `--strict`: reads it whole, submits nothing. Throws UsageError if a line is no task. */
export async function checkWhole(input: TaskInput): Promise<void> {
  const report = new ProblemReport(input.name);
  for await (const entry of input.entries()) {
    if ('problem' in entry) report.add(entry.lineNumber, entry.problem);
  }
  report.sayRest();
  if (report.count > 0) throw new StrictRefusal(report);
}

/** With `--strict`, for a file that has lines which are no tasks. */
export class StrictRefusal extends UsageError {
  constructor(readonly report: ProblemReport) {
    const lines = report.count === 1 ? '1 line was' : `${number(report.count)} lines were`;
    super(`Nothing was submitted: ${lines} not understood. Correct them, or leave --strict out.`);
  }
}
