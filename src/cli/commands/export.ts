/** `distcomp export`: tasks with their results, as a file or on standard output. */

import { pipeline } from 'node:stream/promises';
import { writeWhole } from '../../host/wholeFile';
import { counts } from '../../queue/counts';
import { type Exported, exportedCount, exportText } from '../../queue/export';
import { type ExportFormat, formatOfName } from '../../tasks/exported';
import { exported } from '../../tasks/queueWords';
import { plural } from '../../tasks/words';
import { printJson, say } from '../console';
import { CommandFailed, EXIT, fileFault, UsageError } from '../exit';
import { type QueueOptions, withQueue } from '../queueAccess';

export interface ExportOptions extends QueueOptions {
  state: Exported;
  format?: ExportFormat;
  /** Undefined, or `-`: standard output. */
  output?: string;
}

export const EXPORTED_STATES: readonly Exported[] = [
  ...(['finished', 'failed', 'todo', 'in_progress', 'all'] as const),
];

/** Returns the exit code. */
export async function exportTasks(options: ExportOptions): Promise<number> {
  const { state, output = '-', json } = options;
  if (json && output === '-') {
    throw new UsageError('With --json the tasks must go to a file. Give -o FILE.');
  }
  const format = options.format ?? formatOfName(output) ?? 'csv';
  return withQueue(options, async ({ queue }) => {
    const expected = exportedCount(await counts(queue), state);
    let tasks = 0;
    const text = exportText(queue, state, format, count => {
      tasks += count;
    });
    if (output === '-') {
      await toStandardOutput(text);
      return EXIT.ok;
    }
    say(`Exporting ${plural(expected, 'task')}.`);
    await toFile(output, text);
    if (json) printJson({ exported: tasks, state, format, file: output });
    else say(exported(tasks, output));
    return EXIT.ok;
  });
}

/** Who reads may have had enough (`| head`). */
async function toStandardOutput(text: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(text, process.stdout, { end: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** Ctrl-C leaves nothing behind. */
async function toFile(path: string, text: AsyncIterable<string>): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  try {
    await writeWhole(path, text, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted)
      throw new CommandFailed('Nothing was written.', EXIT.tasksFailed);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UsageError(`Cannot write ${path}: ${fileFault(error)}.`);
  } finally {
    process.off('SIGINT', interrupt);
  }
}
