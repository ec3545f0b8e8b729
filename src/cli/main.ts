/**
 * The `distcomp` command. One file a command in `commands/`; here are their names and options, and
 * what becomes of an error. `docs/command-line.md` has all of it for people.
 */
import { Command, CommanderError, Option } from 'commander';
import { version } from '../../package.json';
import { ending, wholeFrom } from './action';
import { addBulkActions } from './bulkActions';
import { EXPORTED_STATES, exportTasks } from './commands/export';
import { output } from './commands/output';
import { run } from './commands/run';
import { status } from './commands/status';
import { submitFiles } from './commands/submit';
import { worker } from './commands/worker';
import { printJson, say, surviveClosedOutput } from './console';
import { EXIT, exitCodeFor, messageFor } from './exit';
import { addHosts } from './hostCommands';
import { HostFailed } from './hostFailure';
import { addListings } from './listings';
import { addOperations } from './operations';
import { StrictRefusal } from './taskInput';

function program(): Command {
  const distcomp = new Command('distcomp')
    .description('Runs many shell commands on many machines.')
    .option(
      '--config <file>',
      'settings; default: conf.json of this folder, if it is one of DistComp',
    )
    .option('--redis <url>', 'redis://HOST:PORT/DB, rediss://… or unix:///PATH')
    .option('--queue <name>', 'the queue')
    .option('--json', 'print one JSON document, and nothing else, on standard output')
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();

  distcomp
    .command('run <file>')
    .description('run a task file here and show what comes of it')
    .option('--workers <n>', 'workers on this machine', wholeFrom(0), 1)
    .option(
      '--lanes <n>',
      'tasks at a time, each worker; default: max_task_per_worker',
      wholeFrom(1),
    )
    .option('--strict', 'submit nothing if a line is no task')
    .option('--fresh', 'forget an earlier run of this file')
    .option('--stop-after <n>', 'start nothing new once so many tasks have failed', wholeFrom(1))
    .option('--max-running <n>', 'tasks at a time, all workers together', wholeFrom(1))
    .action(ending(run));
  distcomp
    .command('submit <file...>')
    .description('add the tasks of files to the queue; - is standard input')
    .option('--strict', 'submit nothing if a line is no task')
    .option('--dry-run', 'say what would be added, and change nothing')
    .action(ending(submitFiles));
  distcomp
    .command('worker')
    .description('run a worker on this machine until Ctrl-C')
    .option(
      '--slot <n>',
      'its number on this machine; default: the first that is free',
      wholeFrom(1),
    )
    .action(ending(worker));
  distcomp
    .command('status')
    .description('how many tasks are in which state')
    .option('--file <file>', 'the run of this file')
    .action(ending(status));
  distcomp
    .command('output <id>')
    .description("a task's standard output and error")
    .option('--file <file>', 'the run of this file')
    .option('--attempt <n>', 'of this attempt; default: the newest', wholeFrom(1))
    .action(ending(output));
  distcomp
    .command('export')
    .description('tasks with their results as CSV or as lines of JSON')
    .addOption(
      new Option('--state <state>', 'of which state').choices(EXPORTED_STATES).default('finished'),
    )
    .addOption(new Option('--format <format>', 'default: as FILE says').choices(['csv', 'jsonl']))
    .option('-o, --output <file>', 'default: standard output')
    .option('--file <file>', 'the run of this file')
    .action(ending(exportTasks));
  addHosts(distcomp);
  addListings(distcomp);
  addBulkActions(distcomp);
  addOperations(distcomp);
  return distcomp;
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const exit = exitCodeFor(error);
  const message = messageFor(error);
  say(message);
  if (process.env.DISTCOMP_DEBUG) say(String((error as Error).stack));
  if (json) {
    const problems = error instanceof StrictRefusal ? { problems: error.report.kept } : {};
    const login = error instanceof HostFailed && error.login ? { login: true } : {};
    printJson({ error: { message, exit, ...login }, ...problems });
  }
  return exit;
}

async function main(): Promise<void> {
  surviveClosedOutput();
  try {
    await program().parseAsync();
  } catch (error) {
    process.exitCode = report(error, process.argv.includes('--json'));
  }
}

void main();
