/** `distcomp run FILE`: the whole way from a task file to a summary. */
import { relative } from 'node:path';
import { describeAddress } from '../../queue/address';
import type { LimitChanges } from '../../queue/limits';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { Interruption } from '../run/interruption';
import { Run } from '../run/run';
import {
  holdsTasks,
  removeRunFolder,
  runFolder,
  runIdentity,
  takeRunFolder,
} from '../run/runFolder';
import { forgetEarlierRun } from '../run/session';
import { type RunResult, summaryJson, summaryText, tasksLeft } from '../run/summary';
import { type GlobalOptions, loadSettings, type Settings } from '../settings';
import { checkWhole, openTaskFile } from '../taskInput';

export interface RunOptions extends GlobalOptions {
  workers: number;
  lanes?: number;
  strict?: true;
  fresh?: true;
  /** The limits of its own queue. */
  stopAfter?: number;
  maxRunning?: number;
}

/** Returns the exit code. */
export async function run(file: string, options: RunOptions): Promise<number> {
  const startedMs = performance.now();
  const settings = await loadSettings(options, { max_task_per_worker: options.lanes });
  checkOptions(options, settings);
  const input = await openTaskFile(file);
  if (options.strict) await checkWhole(input);

  const { config, address } = settings;
  const place = address && `${describeAddress(address)} ${config.queue}`;
  const identity = await runIdentity(file, place);
  const folder = runFolder(identity);
  await takeRunFolder(folder, identity);
  if (options.fresh) await forgetEarlierRun(folder);

  const { workers, json = false } = options;
  const interruption = new Interruption();
  let complete = false;
  try {
    const limits = limitsOf(options);
    const plan = { settings, input, folder, workers, limits, listTasks: json };
    const work = new Run(plan, interruption);
    const { result, tasks } = await work.go(startedMs);
    complete = isComplete(result);
    for (const line of summaryText(result, resultFolder(config.result_dir))) {
      if (json) say(line);
      else print(line);
    }
    if (json) printJson(summaryJson(result, tasks));
    return exitCode(result);
  } finally {
    interruption.close();
    // What has not ended, or has failed, is kept for the next time.
    if (complete || !holdsTasks(folder)) await removeRunFolder(folder);
  }
}

function limitsOf({ stopAfter, maxRunning }: RunOptions): LimitChanges {
  return {
    ...(stopAfter === undefined ? {} : { stopAfterFailures: stopAfter }),
    ...(maxRunning === undefined ? {} : { maxRunning }),
  };
}

function checkOptions(options: RunOptions, { address, config }: Settings): void {
  const { workers, fresh } = options;
  if (fresh && address) {
    const where = describeAddress(address);
    throw new UsageError(
      `--fresh is for runs with a Redis of their own; the queue at ${where} may be shared. Leave it out.`,
    );
  }
  const limits = Object.keys(limitsOf(options)).length > 0;
  if (limits && address) {
    throw new UsageError(
      `--stop-after and --max-running are for runs with a Redis of their own. Set the limits of queue "${config.queue}" for all: distcomp limit`,
    );
  }
  if (workers === 0 && !address) {
    throw new UsageError(
      'Without a Redis of others there are no workers of others. Write --workers 1.',
    );
  }
}

function isComplete(result: RunResult): boolean {
  const { failed, missing } = result.outcomes;
  return failed === 0 && missing === 0 && tasksLeft(result) === 0;
}

function exitCode(result: RunResult): number {
  if (result.submitted === 0 && result.notUnderstood > 0) return EXIT.usage;
  return isComplete(result) ? EXIT.ok : EXIT.tasksFailed;
}

/** As a person here would write it. */
function resultFolder(resultDir: string): string {
  const path = relative(process.cwd(), resultDir);
  return path.startsWith('..') ? resultDir : `./${path}`;
}
