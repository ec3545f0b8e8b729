/** Names and options of the commands that operate a queue: stop what runs, look after workers. */
import type { Command } from 'commander';
import { ending, limitFrom } from './action';
import { auditFile } from './commands/audit';
import { cancelTasks } from './commands/cancel';
import { cleanUp } from './commands/cleanup';
import { closeQueue, openQueue } from './commands/close';
import { drainWorkers } from './commands/drain';
import { limitQueue } from './commands/limit';
import { pauseQueue, resumeQueue } from './commands/pause';
import { why } from './commands/why';
import { listWorkers } from './commands/workers';

const FILE = ['--file <file>', 'the run of this file'] as const;

export function addOperations(distcomp: Command): void {
  distcomp
    .command('cancel [id...]')
    .description('fail tasks that wait or run, with the reason "cancelled"')
    .option('--all-todo', 'all that wait')
    .option('--all-running', 'all that are in progress')
    .option(...FILE)
    .action(ending(cancelTasks));
  distcomp
    .command('pause')
    .description('start nothing new; what runs goes on')
    .option(...FILE)
    .action(ending(pauseQueue));
  distcomp
    .command('resume')
    .description('go on after a pause')
    .option(...FILE)
    .action(ending(resumeQueue));
  distcomp
    .command('limit')
    .description('limit how many tasks run at a time, and after how many failures to pause')
    .option('--running <n>', 'tasks in progress with all workers of DistComp; or none', limitFrom)
    .option('--failures <n>', 'tasks that failed for good; or none', limitFrom)
    .option(...FILE)
    .action(ending(limitQueue));
  distcomp
    .command('why <id>')
    .description('why a task waits, and which workers cannot take it')
    .option(...FILE)
    .action(ending(why));
  distcomp
    .command('workers')
    .description('who works on the queue')
    .option(...FILE)
    .action(ending(listWorkers));
  distcomp
    .command('drain [worker...]')
    .description('let workers finish what they run, and end')
    .option('--all', 'all workers of DistComp')
    .option(...FILE)
    .action(ending(drainWorkers));
  distcomp
    .command('close')
    .description('end all workers of this queue, those of the original too')
    .option(...FILE)
    .action(ending(closeQueue));
  distcomp
    .command('open')
    .description('take back a close')
    .option(...FILE)
    .action(ending(openQueue));
  distcomp
    .command('cleanup')
    .description('look whether workers are alive; take back what dead ones left in progress')
    .option('--worker <name>', 'of this one only')
    .option('--force', 'though its heartbeat lives')
    .option(...FILE)
    .action(ending(cleanUp));
  distcomp
    .command('audit <file>')
    .description('which tasks of a file the queue has lost')
    .option('--submit', 'submit those')
    .option('--file <file>', 'compare with the run of this file')
    .action(ending(auditFile));
}
