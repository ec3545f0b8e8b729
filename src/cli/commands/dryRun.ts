/** `distcomp submit --dry-run FILE…`: what that would do. */
import { liveCapacities } from '../../queue/capacity';
import { SubmissionPreview } from '../../queue/preview';
import { workers } from '../../queue/workers';
import { fits } from '../../tasks/needs';
import { asksInWords, previewed } from '../../tasks/previewWords';
import { print, printJson } from '../console';
import { EXIT } from '../exit';
import { withConfiguredQueue } from '../queueAccess';
import type { GlobalOptions } from '../settings';
import { ProblemReport, type TaskInput } from '../taskInput';

/** Returns the exit code. */
export async function dryRun(
  inputs: readonly TaskInput[],
  options: GlobalOptions,
): Promise<number> {
  return withConfiguredQueue(options, async ({ queue }) => {
    const preview = new SubmissionPreview(queue);
    const files = [];
    for (const input of inputs) {
      const report = new ProblemReport(input.name);
      await preview.add(input.entries(), {
        onProblem: (lineNumber, problem) => report.add(lineNumber, problem),
      });
      report.sayRest();
      files.push({ file: input.name, problems: report.kept, notUnderstood: report.count });
    }
    const capacities = liveCapacities(await workers(queue));
    const { counts, already, asks } = preview;
    if (options.json) {
      const { problems: notUnderstood, already: there, ...others } = counts;
      const { in_progress: inProgress, ...where } = already;
      printJson({
        dryRun: true,
        ...others,
        already: there,
        ...where,
        inProgress,
        notUnderstood,
        workers: capacities.length,
        asks: asks.map(({ needs, count }) => ({
          ...needs,
          tasks: count,
          workers: capacities.filter(worker => fits(needs, worker)).length,
        })),
        files,
      });
    } else {
      for (const sentence of previewed(counts, already)) print(sentence);
      for (const line of asksInWords(asks, capacities)) print(`  ${line}`);
      print('Nothing was changed.');
    }
    const tasks = counts.added + counts.retried + counts.already + counts.unsettled;
    return tasks === 0 && counts.problems > 0 ? EXIT.usage : EXIT.ok;
  });
}
