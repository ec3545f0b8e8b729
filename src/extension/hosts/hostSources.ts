/** Which hosts there are to show: those of the settings, remembered ones, and those of remembered files. */
import { readFile } from 'node:fs/promises';
import { l10n, workspace } from 'vscode';
import type { HostFile } from '../../cluster/ssh/hostFile';
import type { Host } from '../../cluster/ssh/hosts';
import type { Remembered } from './rememberedHosts';

export const HOSTS_SETTING = 'distcomp.ssh.hosts';

/** Where a host, or what should be one, stands. */
export type HostSource = { is: 'setting' } | { is: 'name' } | { is: 'file'; path: string };

export interface ListedHost {
  host: Host;
  source: HostSource;
}

/** A source that cannot be read or understood. */
export interface SourceProblem {
  source: HostSource;
  /** What is wrong, and what would be right. */
  message: string;
}

export interface Listed {
  /** Each name once; what stands first counts. */
  hosts: ListedHost[];
  problems: SourceProblem[];
}

const NOTHING: Listed = { hosts: [], problems: [] };

export async function listedHosts(remembered: Remembered): Promise<Listed> {
  const parts = await Promise.all([
    ofSettings(),
    ...remembered.names.map(ofName),
    ...remembered.files.map(ofFile),
  ]);
  const hosts = new Map<string, ListedHost>();
  for (const each of parts.flatMap(part => part.hosts)) {
    if (!hosts.has(each.host.name)) hosts.set(each.host.name, each);
  }
  return { hosts: [...hosts.values()], problems: parts.flatMap(part => part.problems) };
}

/** The lines of the setting are those of a host file. */
async function ofSettings(): Promise<Listed> {
  const lines = workspace.getConfiguration('distcomp').get<string[]>('ssh.hosts', []);
  if (lines.length === 0) return NOTHING;
  return listedOf(await parse(lines.join('\n')), { is: 'setting' }, HOSTS_SETTING);
}

async function ofName(name: string): Promise<Listed> {
  const { hosts } = await parse(name);
  return { hosts: hosts.map(host => ({ host, source: { is: 'name' } })), problems: [] };
}

async function ofFile(path: string): Promise<Listed> {
  const source: HostSource = { is: 'file', path };
  try {
    return listedOf(await parse(await readFile(path, 'utf8')), source, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = l10n.t('Cannot read the host file {0} ({1}).', path, code);
    return { hosts: [], problems: [{ source, message }] };
  }
}

/** Loaded when there is something to parse: what it needs is big. */
async function parse(text: string): Promise<HostFile> {
  const { parseHostFile } = await import('../../cluster/ssh/hostFile');
  return parseHostFile(text);
}

function listedOf({ hosts, problems }: HostFile, source: HostSource, where: string): Listed {
  const lines = problems.map(
    ({ line, column, message }) => `${where}:${line}:${column}: ${message}`,
  );
  return {
    hosts: hosts.map(host => ({ host, source })),
    problems: lines.length > 0 ? [{ source, message: lines.join('\n') }] : [],
  };
}
