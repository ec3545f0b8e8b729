/** Progress of what reads task files: in the status bar, and for long ones as a notice with Cancel. */
import * as vscode from 'vscode';
import type { Problem } from '../../tasks/problem';
import { number } from '../../tasks/words';
import { withProgress } from '../progress';
import { FileProblems, type Problems } from './problems';
import type { TaskFile } from './taskFiles';

/** Longer files take so long that one may want to stop. */
const LONG_FILE_BYTES = 5_000_000;

/** What goes over the lines of a file tells this how far it is. */
export interface FileListener {
  onProblem: (lineNumber: number, problem: Problem) => void;
  onProgress: (lines: number) => void;
  isCancelled: () => boolean;
}

export interface FileOutcome<T> {
  result: T;
  /** Number of the last line that was done. */
  lines: number;
  isCancelled: boolean;
  problems: FileProblems;
}

/**
 * Runs `work` over a file. Lines that are no task go to the Problems view, also when it ends early.
 *
 * @throws what `work` throws, with how far it came
 */
export async function overFile<T>(
  { uri, name, bytes }: Pick<TaskFile, 'uri' | 'name' | 'bytes'>,
  shown: Problems,
  title: string,
  work: (listener: FileListener) => Promise<T>,
): Promise<FileOutcome<T>> {
  const { t } = vscode.l10n;
  const problems = new FileProblems();
  let lines = 0;
  try {
    return await withProgress(title, bytes > LONG_FILE_BYTES, async (progress, cancelled) => {
      const result = await work({
        onProblem: (lineNumber, problem) => problems.add({ lineNumber, problem }),
        onProgress: done => {
          lines = done;
          progress.report({ message: t('{0} lines', number(done)) });
        },
        isCancelled: () => cancelled.isCancellationRequested,
      });
      return { result, lines, isCancelled: cancelled.isCancellationRequested, problems };
    });
  } catch (error) {
    const why = (error as Error).message;
    const message = t('{0}: ended after {1} lines, since {2}.', name, number(lines), why);
    throw new Error(message, { cause: error });
  } finally {
    shown.show(uri, problems);
  }
}
