/** `distcomp restart`: the workers of hosts start again, as they were launched. */
import { restartWorkers } from '../../cluster/ssh/restart';
import { type HostResult, resultWords } from '../../cluster/ssh/results';
import { plural, visible } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { withRemedy } from '../hostFailure';
import { workerBundle } from '../workerBundle';

export interface RestartOptions extends HostOptions {
  wait: number;
}

/** Returns the exit code: 1 when a host failed. */
export async function restartHosts(words: string[], options: RestartOptions): Promise<number> {
  const results = await restartWorkers({
    hosts: await hostsFrom(words, options),
    workerBundle: workerBundle(),
    drainSeconds: options.wait,
    ssh: sshFrom(options),
    onResult: result => say(`  ${described(withRemedy(result, options))}`),
  });
  if (options.json) {
    printJson({ hosts: results.map(({ host, ...result }) => ({ host: host.name, ...result })) });
  } else {
    print(summary(results));
  }
  return results.some(({ failure }) => failure) ? EXIT.tasksFailed : EXIT.ok;
}

function described(result: HostResult): string {
  const warnings = result.warnings.map(text => `\n    ${text}`).join('');
  return `${result.host.name}: ${visible(resultWords(result, 'restarted'))}${warnings}`;
}

function summary(results: readonly HostResult[]): string {
  const workers = results.flatMap(result => result.workers);
  const restarted = workers.filter(({ state }) => state === 'started').length;
  const failed = results.filter(({ failure }) => failure).length;
  return [
    `${plural(restarted, 'worker')} restarted`,
    ...(failed > 0 ? [`${plural(failed, 'host')} failed`] : []),
  ].join(' · ');
}
