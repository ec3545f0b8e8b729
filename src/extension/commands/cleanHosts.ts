import * as vscode from 'vscode';
import type { OursOnHost } from '../../cluster/ssh/clean';
import type { Host } from '../../cluster/ssh/hosts';
import { number, plural, visible } from '../../tasks/words';
import type { App, Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { sshOptions } from '../hosts/hostSettings';
import { noteFailure, tellOutcome } from '../hosts/outcome';
import { isTrusted } from '../trust';

/** A dialog does not scroll. */
const MOST_LINES = 20;

/** Removes all of DistComp from hosts where no worker runs, after a list of what goes. */
export const cleanHosts: Command = async (app, node, nodes) => {
  if (!isTrusted()) return;
  const hosts = await chosenHosts(app, node, nodes, vscode.l10n.t('Clean Hosts'));
  if (hosts.length > 0) await cleanThem(app, hosts);
};

async function cleanThem(app: App, hosts: readonly Host[]): Promise<void> {
  const { clean, listOurs } = await import('../../cluster/ssh/clean');
  const ssh = sshOptions();
  const listed = await app.hosts.during(hosts, 'removing', () => listOurs({ hosts, ssh }));
  const cleanable = listed.filter(
    ({ failure, running, ours }) => !failure && running === 0 && ours.length > 0,
  );
  const answer = cleanable.length > 0 ? await ask(cleanable) : 'nothing';
  if (answer === undefined) return;
  const going = cleanable.map(({ host }) => host);
  const withOutput = answer === 'all';
  const results = await app.hosts.during(going, 'removing', () =>
    clean({ hosts: going, ssh }, withOutput),
  );
  const away = listed.filter(({ failure }) => failure);
  const told = [...results, ...away];
  for (const each of told) noteFailure(app.log, each);
  const cleaned = results.filter(({ failure }) => !failure).length;
  tellOutcome({
    results: told,
    done: vscode.l10n.t('{0} cleaned', plural(cleaned, 'host')),
    also: stayingWords(listed),
    again: again => cleanThem(app, again),
  });
}

/** Undefined when it was refused. */
async function ask(found: readonly OursOnHost[]): Promise<'all' | 'keep output' | undefined> {
  const { t } = vscode.l10n;
  const all = t('Remove');
  const keep = t('Keep Output Files');
  const hasOutput = found.some(({ ours }) => ours.some(({ kind }) => kind === 'output'));
  const answer = await vscode.window.showWarningMessage(
    t('Remove this from {0}? It cannot be undone.', plural(found.length, 'host')),
    { modal: true, detail: listWords(found) },
    all,
    ...(hasOutput ? [keep] : []),
  );
  if (answer === all) return 'all';
  return answer === keep ? 'keep output' : undefined;
}

function listWords(found: readonly OursOnHost[]): string {
  const lines = found.flatMap(({ host, ours }) =>
    ours.map(({ path, kilobytes }) => `${host.name}: ${visible(path)} (${number(kilobytes)} kB)`),
  );
  const more = lines.length - MOST_LINES;
  if (more <= 0) return lines.join('\n');
  return [...lines.slice(0, MOST_LINES), vscode.l10n.t('… and {0} more', number(more))].join('\n');
}

function stayingWords(listed: readonly OursOnHost[]): string | undefined {
  const names = listed.filter(({ running }) => running > 0).map(({ host }) => host.name);
  if (names.length === 0) return undefined;
  return vscode.l10n.t(
    'Workers run on {0}, of this queue or another: stop them first.',
    names.join(', '),
  );
}
