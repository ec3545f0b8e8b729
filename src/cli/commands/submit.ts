/** `distcomp submit FILE…`: into the queue, and back to the prompt. */
import { counts } from '../../queue/counts';
import { addCounts, besideOriginal, noCounts, submitted } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { withConfiguredQueue } from '../queueAccess';
import type { GlobalOptions } from '../settings';
import { submitInput } from '../submitInput';
import { checkWhole, openTaskFile, standardInput, type TaskInput } from '../taskInput';
import { emptyHanded } from '../warnings';
import { dryRun } from './dryRun';

export interface SubmitOptions extends GlobalOptions {
  strict?: true;
  dryRun?: true;
}

/** Returns the exit code. */
export async function submitFiles(files: string[], options: SubmitOptions): Promise<number> {
  const inputs: TaskInput[] = [];
  for (const file of files) {
    const isInput = file === '-';
    inputs.push(
      await (isInput ? standardInput({ again: options.strict === true }) : openTaskFile(file)),
    );
  }
  if (options.strict) for (const input of inputs) await checkWhole(input);
  if (options.dryRun) return dryRun(inputs, options);

  return withConfiguredQueue(options, async ({ queue }) => {
    const total = noCounts();
    const files = [];
    for (const input of inputs) {
      const { counts: some, report } = await submitInput(queue, input);
      addCounts(total, some);
      files.push({ file: input.name, ...some, problems: report.kept, notUnderstood: report.count });
    }
    const { closed, paused, pausedAfterFailures, workers } = await counts(queue);
    const situation = { queue: queue.name, closed, paused, pausedAfterFailures, live: workers };
    for (const warning of emptyHanded(situation)) say(warning);
    const differs = besideOriginal(total);
    if (differs) say(differs);
    if (options.json) {
      const { problems: notUnderstood, ...rest } = total;
      printJson({ ...rest, notUnderstood, closed, paused, workers, files });
    } else print(submitted(total));
    const tasks = total.added + total.retried + total.already + total.unsettled;
    return tasks === 0 && total.problems > 0 ? EXIT.usage : EXIT.ok;
  });
}
