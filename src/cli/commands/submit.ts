/** `distcomp submit FILE…`: into the queue, and back to the prompt. */
import { counts } from '../../queue/counts';
import { type SubmitCounts, submitted } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { withConfiguredQueue } from '../queueAccess';
import type { GlobalOptions } from '../settings';
import { submitInput } from '../submitInput';
import { checkWhole, openTaskFile, standardInput, type TaskInput } from '../taskInput';
import { emptyHanded } from '../warnings';

export interface SubmitOptions extends GlobalOptions {
  strict?: true;
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

  return withConfiguredQueue(options, async ({ queue }) => {
    const total: SubmitCounts = { added: 0, retried: 0, already: 0, problems: 0 };
    const files = [];
    for (const input of inputs) {
      const { counts: some, report } = await submitInput(queue, input);
      for (const key of Object.keys(total) as (keyof SubmitCounts)[]) total[key] += some[key];
      files.push({ file: input.name, ...some, problems: report.kept, notUnderstood: report.count });
    }
    const { closed, workers } = await counts(queue);
    for (const warning of emptyHanded({ queue: queue.name, closed, live: workers })) say(warning);
    if (options.json) {
      const { problems: notUnderstood, ...rest } = total;
      printJson({ ...rest, notUnderstood, closed, workers, files });
    } else print(submitted(total));
    const tasks = total.added + total.retried + total.already;
    return tasks === 0 && total.problems > 0 ? EXIT.usage : EXIT.ok;
  });
}
