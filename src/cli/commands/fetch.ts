/** `distcomp fetch`: full output files of tasks, from hosts to this machine. */
import { resolve } from 'node:path';
import { type FetchResult, fetchOutput } from '../../cluster/ssh/fetch';
import { failureWords } from '../../cluster/ssh/results';
import { number, plural, visible } from '../../tasks/words';
import { type HostOptions, type QueueOptions, workersFrom } from '../hostAccess';
import { endOnHosts, saying } from '../hostResults';
import { checkedId } from '../taskIds';

export interface FetchOptions extends HostOptions, QueueOptions {
  output: string;
  task?: string[];
}

/** Returns the exit code: 1 when a host failed. */
export async function fetchFiles(words: string[], options: FetchOptions): Promise<number> {
  const results = await fetchOutput({
    ...(await workersFrom(words, options)),
    folder: resolve(options.output),
    ids: options.task && new Set(options.task.map(checkedId)),
    onResult: saying(described, options),
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
