import * as vscode from 'vscode';
import type { Command } from '../app';
import { chosenHosts } from '../hosts/chosenHosts';
import { chosenHostNodes } from '../hosts/hostNodes';
import { HOSTS_SETTING, type HostSource } from '../hosts/hostSources';
import { inform } from '../notices';

/** Takes hosts out of the Hosts view, those of a file all at once. On the hosts nothing changes. */
export const removeHosts: Command = async (app, node, nodes) => {
  const { list } = app.hosts;
  const problems = chosenHostNodes(node, nodes).flatMap(each =>
    each.kind === 'hostProblem' ? [each.problem.source] : [],
  );
  const hosts =
    problems.length > 0
      ? []
      : await chosenHosts(app, node, nodes, vscode.l10n.t('Remove Hosts from the List'));
  const entries = hosts.flatMap(({ name }) => list.entryOf(name) ?? []);
  await list.forget({
    names: entries.flatMap(({ host, source }) => (source.is === 'name' ? [host.name] : [])),
    files: [...problems, ...entries.map(({ source }) => source)].flatMap(pathOf),
  });
  const staying = entries.filter(({ source }) => source.is === 'setting');
  if (staying.length === 0) return;
  inform(
    vscode.l10n.t(
      '{0}: of the setting {1}. Remove it there.',
      staying.map(({ host }) => host.name).join(', '),
      HOSTS_SETTING,
    ),
    {
      title: vscode.l10n.t('Open Setting'),
      run: () => vscode.commands.executeCommand('workbench.action.openSettings', HOSTS_SETTING),
    },
  );
};

const pathOf = (source: HostSource) => (source.is === 'file' ? [source.path] : []);
