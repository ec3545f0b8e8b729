import type { Host } from '../cluster/ssh/hosts';
import type { HostFailure } from '../cluster/ssh/results';
import { plural } from '../tasks/words';
import { print, printJson, say } from './console';
import { EXIT } from './exit';
import { type ConnectionOptions, withRemedy } from './hostFailure';

/** Says of each host how it ended there, as soon as it has. */
export const saying =
  <Result extends { host: Host; failure?: HostFailure }>(
    described: (result: Result) => string,
    options: ConnectionOptions,
  ) =>
  (result: Result): void =>
    say(`  ${described(withRemedy(result, options))}`);

/**
 * Says how something ended on all of the hosts, as a document or in one line, and returns the exit code: 1 when
 * a host failed.
 *
 * @param done what was done in all: `3 workers ended`
 */
export function endOnHosts(
  results: readonly { host: Host; failure?: HostFailure }[],
  done: string,
  options: { json?: boolean },
): number {
  const failed = results.filter(({ failure }) => failure).length;
  if (options.json) {
    printJson({ hosts: results.map(({ host, ...result }) => ({ host: host.name, ...result })) });
  } else {
    print(failed > 0 ? `${done} · ${plural(failed, 'host')} failed` : done);
  }
  return failed > 0 ? EXIT.tasksFailed : EXIT.ok;
}
