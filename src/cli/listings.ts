/** Names and options of the commands that list what is there. */
import { type Command, Option } from 'commander';
import { ending, wholeFrom } from './action';
import { listQueues } from './commands/queues';
import { DEFAULT_LIMIT, LISTED_STATES, listTasks } from './commands/tasks';

const FILE = ['--file <file>', 'the run of this file'] as const;

export function addListings(distcomp: Command): void {
  distcomp
    .command('tasks')
    .description('the tasks of a state, those in which a text stands')
    .addOption(
      new Option('--state <state>', 'of this state').choices(LISTED_STATES).default('failed'),
    )
    .option('--match <text>', 'only with this text in the line, worker, result or reason')
    .option('--limit <n>', 'so many at most', wholeFrom(1), DEFAULT_LIMIT)
    .option(...FILE)
    .action(ending(listTasks));
  distcomp
    .command('queues')
    .description('the queues of this Redis')
    .option(...FILE)
    .action(ending(listQueues));
}
