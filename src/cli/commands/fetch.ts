/** `distcomp fetch`: full output files of tasks, from hosts to this machine. */
import { resolve } from 'node:path';
import { type FetchResult, fetchOutput } from '../../cluster/ssh/fetch';
import { failureWords } from '../../cluster/ssh/results';
import { number, plural, visible } from '../../tasks/words';
import { say } from '../console';
import {
  type HostOptions,
  hostsFrom,
  type QueueOptions,
  queueFolderFrom,
  sshFrom,
} from '../hostAccess';
import { withRemedy } from '../hostFailure';
import { endOnHosts } from '../hostResults';
import { checkedId } from '../taskIds';

export interface FetchOptions extends HostOptions, QueueOptions {
  output: string;
  task?: string[];
}

/** Returns the exit code: 1 when a host failed. */
export async function fetchFiles(words: string[], options: FetchOptions): Promise<number> {
  const results = await fetchOutput({
    hosts: await hostsFrom(words, options),
    folder: resolve(options.output),
    ids: options.task && new Set(options.task.map(checkedId)),
    ssh: sshFrom(options),
    queueFolder: await queueFolderFrom(options),
    onResult: result => say(`  ${described(withRemedy(result, options))}`),
  });
  const fetched = results.reduce((sum, each) => sum + each.fetched, 0);
  const done = `${plural(fetched, 'file')} fetched to ${resolve(options.output)}`;
  return endOnHosts(results, done, options);
}

function described({ host, fetched, present, bytes, failure }: FetchResult): string {
  const parts = [`${plural(fetched, 'file')} fetched (${number(Math.ceil(bytes / 1024))} kB)`];
  if (present > 0) parts.push(`${number(present)} here already`);
  if (failure) parts.push(visible(failureWords(failure)));
  return `${host.name}: ${parts.join(', ')}`;
}
