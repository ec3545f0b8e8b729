/** What became of hosts, as one notice; the rest is in the log. */
import { type LogOutputChannel, l10n } from 'vscode';
import type { Host } from '../../cluster/ssh/hosts';
import { failureWords, type HostFailure } from '../../cluster/ssh/results';
import { plural, visible } from '../../tasks/words';
import { command, inform, type Remedy, warn } from '../notices';
import { logIn } from './logIn';

export interface HostOutcome {
  host: Host;
  failure?: HostFailure | undefined;
}

export interface Outcome {
  results: readonly HostOutcome[];
  /** What was done, without a full stop: `3 workers ended`. */
  done: string;
  /** What else there is to say, as a sentence. */
  also?: string | undefined;
  remedies?: readonly Remedy[];
  /** Does it for these hosts again, those that a person logged in to. */
  again: (hosts: Host[]) => Promise<unknown>;
}

export function noteFailure(log: LogOutputChannel, { host, failure }: HostOutcome): void {
  if (failure) log.error(`${host.name}: ${visible(failureWords(failure))}`);
}

export function tellOutcome({ results, done, also, remedies = [], again }: Outcome): void {
  const { t } = l10n;
  const failed = results.filter(({ failure }) => failure);
  const [first] = failed;
  if (!first) {
    inform([`${done}.`, also].filter(Boolean).join(' '), ...remedies);
    return;
  }
  const sentences = [
    `${done} · ${t('{0} failed', plural(failed.length, 'host'))}.`,
    `${first.host.name}: ${visible(first.failure?.message ?? '')}`,
    also,
  ];
  warn(
    sentences.filter(Boolean).join(' '),
    ...remedies,
    ...loggingIn(failed, again),
    command(t('Show Log'), 'distcomp.showLog'),
  );
}

function loggingIn(failed: readonly HostOutcome[], again: Outcome['again']): Remedy[] {
  const hosts = failed.filter(({ failure }) => failure?.login).map(({ host }) => host);
  if (hosts.length === 0) return [];
  const run = async () => {
    const open = await logIn(hosts);
    if (open.length > 0) await again(open);
  };
  return [{ title: l10n.t('Log In…'), run }];
}
