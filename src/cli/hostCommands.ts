/** Names and options of the commands about hosts. */
import type { Command } from 'commander';
import { ending, wholeFrom } from './action';
import { cleanHosts } from './commands/clean';
import { fetchFiles } from './commands/fetch';
import { listHosts } from './commands/hosts';
import { launchWorkers } from './commands/launch';
import { logInToHosts } from './commands/login';
import { showLogs } from './commands/logs';
import { restartHosts } from './commands/restart';
import { stopHosts } from './commands/stop';

export function addHosts(distcomp: Command): void {
  const forOne = (words: string, description: string): Command =>
    distcomp
      .command(words)
      .description(description)
      .option('--ssh-config <file>', "instead of the user's SSH configuration");
  const command = (words: string, description: string): Command =>
    forOne(words, description)
      .option('--hosts <file>', 'a file with a host a line, or slurm: or pbs: within a job')
      .option('--group <name>', 'of the host file, this group alone');

  const ofQueues = (made: Command): Command =>
    made.option('--all-queues', 'those of all queues, whatever queue is configured');

  command('launch [host...]', 'start workers on hosts over SSH')
    .option('--workers <n>', 'workers on each host', wholeFrom(1), 1)
    .option(
      '--lanes <n>',
      'tasks at a time, each worker; default: as the host has cores',
      wholeFrom(1),
    )
    .option('--node <path>', 'of Node there; default: where it is usually found')
    .option('--node-binary <file>', 'a Node of this machine, for hosts that have none')
    .option('--cwd <folder>', 'where tasks run there; default: the home folder')
    .option('--replace', 'replace workers of another version, which drain first')
    .option('--wait <seconds>', 'for so long --replace lets running tasks go on', wholeFrom(0), 600)
    .option('--tunnel', 'lead them to Redis through this machine, for as long as this command runs')
    .action(ending(launchWorkers));
  command('login [host...]', 'log in to hosts that ask for it, for all other commands')
    .option('--end', 'end the connections that stay open')
    .action(ending(logInToHosts));
  ofQueues(command('hosts [host...]', 'which workers run on hosts')).action(ending(listHosts));
  ofQueues(
    command('stop [host...]', 'end the workers of hosts; what they run ends first or goes back'),
  )
    .option('--wait <seconds>', 'for so long running tasks may go on', wholeFrom(0), 30)
    .action(ending(stopHosts));
  ofQueues(command('restart [host...]', 'start the workers of hosts again, as they were launched'))
    .option('--wait <seconds>', 'for so long running tasks may go on', wholeFrom(0), 30)
    .action(ending(restartHosts));
  ofQueues(forOne('logs <host>', 'the logs of the workers of a host'))
    .option('-f, --follow', 'go on with what is added, until Ctrl-C')
    .option('--lines <n>', 'how many of the last lines', wholeFrom(1), 50)
    .option('--slot <n>', 'of this worker alone', wholeFrom(1))
    .action(ending(showLogs));
  ofQueues(command('fetch [host...]', 'copy full output files of tasks from hosts'))
    .option('-o, --output <folder>', 'where; each host gets a folder in it', 'distcomp-output')
    .option('--task <id...>', 'of these tasks alone')
    .action(ending(fetchFiles));
  command('clean [host...]', 'remove all of DistComp from hosts where no worker runs')
    .option('--keep-output', 'leave the output files of tasks')
    .option('--yes', 'do not ask')
    .action(ending(cleanHosts));
}
