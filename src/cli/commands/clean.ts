/** `distcomp clean`: all of ours goes from hosts, after a list of it. */
import { type CleanResult, clean, listOurs, type OursOnHost } from '../../cluster/ssh/clean';
import { failureWords } from '../../cluster/ssh/results';
import { number, plural, visible } from '../../tasks/words';
import { confirmed } from '../confirm';
import { print, printJson, say } from '../console';
import { EXIT } from '../exit';
import { type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { withRemedy } from '../hostFailure';

export interface CleanOptions extends HostOptions {
  keepOutput?: true;
  yes?: true;
}

/** Returns the exit code: 1 when a host failed, or nothing was to go. */
export async function cleanHosts(words: string[], options: CleanOptions): Promise<number> {
  const ssh = sshFrom(options);
  const hosts = await hostsFrom(words, options);
  const withOutput = options.keepOutput !== true;
  const listed = (await listOurs({ hosts, ssh })).map(found => reduced(found, withOutput));
  for (const found of listed) say(`  ${described(withRemedy(found, options))}`);
  const cleanable = listed.filter(
    ({ failure, running, ours }) => !failure && running === 0 && ours.length > 0,
  );
  const question = `Remove this from ${plural(cleanable.length, 'host')}? It cannot be undone.`;
  if (cleanable.length > 0 && !(await confirmed(question, options.yes === true))) {
    say('Nothing was removed.');
    return EXIT.tasksFailed;
  }
  const results = await clean({ hosts: cleanable.map(({ host }) => host), ssh }, withOutput);
  for (const { host, failure } of results.map(result => withRemedy(result, options))) {
    if (failure) say(`  ${host.name}: ${visible(failureWords(failure))}`);
  }
  const cleaned = results.filter(({ failure }) => !failure).length;
  const kept = listed.filter(({ failure, running }) => failure || running > 0).length;
  if (options.json) {
    printJson({ hosts: documentOf(listed, results) });
  } else {
    print(`${plural(cleaned, 'host')} cleaned`);
  }
  return cleaned < cleanable.length || kept > 0 ? EXIT.tasksFailed : EXIT.ok;
}

/** A host that was lost after its list has its failure too. */
function documentOf(listed: readonly OursOnHost[], results: readonly CleanResult[]): object[] {
  const failures = new Map(results.map(({ host, failure }) => [host.name, failure]));
  return listed.map(({ host: { name }, failure = failures.get(name), ...found }) => ({
    host: name,
    ...found,
    ...(failure && { failure }),
  }));
}

/** Without what stays. */
function reduced(found: OursOnHost, withOutput: boolean): OursOnHost {
  return { ...found, ours: found.ours.filter(({ kind }) => withOutput || kind !== 'output') };
}

function described({ host, ours, running, isShared, failure }: OursOnHost): string {
  if (failure) return `${host.name}: ${visible(failureWords(failure))}`;
  if (running > 0) {
    return `${host.name}: ${plural(running, 'worker')} still there; stop first: distcomp stop --all-queues ${host.name}`;
  }
  const lines = ours.map(
    ({ path, kilobytes }) => `\n    ${visible(path)} (${number(kilobytes)} kB)`,
  );
  const shared = isShared ? ' (its home is that of other hosts too, so programs stay)' : '';
  return `${host.name}:${shared}${lines.join('') || ' nothing'}`;
}
