/** Names and options of the commands that act on many tasks at once, and of what takes them back. */
import type { Command } from 'commander';
import { ending, wholeFrom } from './action';
import { clearQueue } from './commands/clear';
import { removeFinishedTasks } from './commands/removeFinished';
import { retryTasks } from './commands/retry';
import { undoAction } from './commands/undo';

const FILE = ['--file <file>', 'the run of this file'] as const;
const YES = ['--yes', 'do not ask'] as const;

export function addBulkActions(distcomp: Command): void {
  distcomp
    .command('retry [id...]')
    .description('try failed tasks again')
    .option('--all-failed', 'all of them')
    .option('--signature <text>', 'all that failed in this way')
    .option('--memory <gb>', 'memory that they must have from now on', wholeFrom(1))
    .option(...FILE)
    .action(ending(retryTasks));
  distcomp
    .command('clear')
    .description('remove all tasks of the queue')
    .option(...YES)
    .option(...FILE)
    .action(ending(clearQueue));
  distcomp
    .command('remove-finished')
    .description('remove finished tasks and their results')
    .option(...YES)
    .option(...FILE)
    .action(ending(removeFinishedTasks));
  distcomp
    .command('undo [id]')
    .description('take back the last retry, cancel, clear or remove-finished')
    .option(...FILE)
    .action(ending(undoAction));
}
