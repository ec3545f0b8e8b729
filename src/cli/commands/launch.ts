/** `distcomp launch`: starts workers on hosts over SSH, on the configured queue. */
import { confirm } from '../../cluster/ssh/confirm';
import { launch } from '../../cluster/ssh/launch';
import type { HostResult, LaunchedWorker } from '../../cluster/ssh/results';
import { connect, describeAddress } from '../../queue/connection';
import { Queue } from '../../queue/queue';
import { number, plural, visible } from '../../tasks/words';
import { print, printJson, say } from '../console';
import { EXIT, UsageError } from '../exit';
import { failureWords, type HostOptions, hostsFrom, sshFrom } from '../hostAccess';
import { ANY_HOST, loadSettings } from '../settings';
import { workerBundle } from '../workerBundle';

export interface LaunchOptions extends HostOptions {
  workers: number;
  lanes?: number;
  node?: string;
  nodeBinary?: string;
  cwd?: string;
  replace?: true;
  wait: number;
}

/** Returns the exit code: 1 when a host failed. */
export async function launchWorkers(words: string[], options: LaunchOptions): Promise<number> {
  const hosts = await hostsFrom(words, options);
  const overrides = options.lanes === undefined ? {} : { max_task_per_worker: options.lanes };
  const { config, address, given } = await loadSettings(options, overrides, ANY_HOST);
  if (!address) {
    throw new UsageError(
      'No Redis is configured. Give --redis URL, or a conf.json with redis_host.',
    );
  }
  const redis = await connect(address, 'distcomp-cli');
  try {
    say(
      `Launching on ${plural(hosts.length, 'host')} for queue "${config.queue}" at ${describeAddress(address)}.`,
    );
    const results = await launch({
      hosts,
      workerBundle: workerBundle(),
      config: given,
      workersPerHost: options.workers,
      node: options.node,
      nodeBinary: options.nodeBinary,
      cwd: options.cwd,
      replaceSeconds: options.replace && options.wait,
      ssh: sshFrom(options),
      onResult: result => say(`  ${described(result)}`),
    });
    await confirm(new Queue(redis, config.queue), results);
    report(results, options);
    return results.some(({ failure }) => failure) ? EXIT.tasksFailed : EXIT.ok;
  } finally {
    redis.disconnect();
  }
}

function described({ host, workers, failure, warnings }: HostResult): string {
  const parts = workers.map(workerWords);
  if (failure) parts.push(failureWords(failure));
  return [`${host.name}: ${parts.join(', ')}`, ...warnings.map(text => `    ${text}`)].join('\n');
}

function workerWords({ worker, state, version }: LaunchedWorker): string {
  const name = visible(worker);
  if (version === 'draining') return `${name} still finishes its tasks; launch again then`;
  if (version === 'other') return `${name} runs another version; --replace replaces it`;
  return state === 'started' ? `${name} started` : `${name} was running already`;
}

function report(results: readonly HostResult[], { json }: LaunchOptions): void {
  if (json) {
    printJson({
      hosts: results.map(({ host, ...result }) => ({ host: host.name, ...result })),
    });
    return;
  }
  const workers = results.flatMap(result => result.workers);
  const started = workers.filter(({ state }) => state === 'started').length;
  const failed = results.filter(({ failure }) => failure);
  const parts = [`${plural(started, 'worker')} started`];
  if (workers.length > started) parts.push(`${number(workers.length - started)} running already`);
  if (failed.length > 0) parts.push(`${plural(failed.length, 'host')} failed`);
  print(parts.join(' · '));
  // What came in a crowd is said again where it can be seen.
  for (const result of failed) print(`  ${described(result)}`);
}
