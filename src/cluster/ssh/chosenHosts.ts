/** Which hosts a launch is about: named ones, those of a file, or those that a scheduler gave. */
import { readFile } from 'node:fs/promises';
import { type HostProblem, parseHostFile } from './hostFile';
import { type Host, parseHost } from './hosts';
import { expandSlurm, parsePbsNodes } from './nodeLists';

/** What was named is no host, or no list of them; the message has one line a problem. */
export class NoSuchHosts extends Error {
  override readonly name = 'NoSuchHosts';
}

/** In `hosts` these stand for what the environment of a job says. */
export const SCHEDULERS = ['slurm:', 'pbs:'] as const;

export interface HostChoice {
  /** Hosts, as people write them. */
  words: readonly string[];
  /** Path of a host file, `slurm:` or `pbs:`; undefined: only the words. */
  source?: string | undefined;
  /** Of the host file, this group alone. */
  group?: string | undefined;
}

/**
 * What is named both by a word and in the file has what the file says of it.
 *
 * @returns each host once, in order
 * @throws NoSuchHosts with all problems at once
 */
export async function chosenHosts(
  { words, source, group }: HostChoice,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Host[]> {
  const problems: string[] = [];
  const listed = await hostsOf(source, group, environment, problems);
  const found = new Map<string, Host>();
  for (const host of [...words.map(parseHost), ...listed]) {
    if ('problem' in host) problems.push(host.problem);
    else found.set(host.name, { ...found.get(host.name), ...host });
  }
  if (problems.length > 0) throw new NoSuchHosts(problems.join('\n'));
  return [...found.values()];
}

async function hostsOf(
  source: string | undefined,
  group: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Promise<(Host | { problem: string })[]> {
  if (group !== undefined && (source === undefined || isScheduler(source))) {
    throw new NoSuchHosts(`--group ${group} needs a host file with such a group: --hosts FILE.`);
  }
  if (source === undefined) return [];
  if (source === 'slurm:') return slurmHosts(environment.SLURM_JOB_NODELIST);
  if (source === 'pbs:') return pbsHosts(environment.PBS_NODEFILE);
  const file = parseHostFile(await read(source));
  problems.push(...file.problems.map(problem => placed(source, problem)));
  if (group === undefined) return file.hosts;
  const names = file.groups.get(group);
  if (!names) throw new NoSuchHosts(noGroup(source, group, [...file.groups.keys()]));
  return file.hosts.filter(({ name }) => names.has(name));
}

const isScheduler = (source: string) => SCHEDULERS.some(each => each === source);

function noGroup(source: string, group: string, groups: readonly string[]): string {
  const there = groups.length === 0 ? 'no group' : groups.map(name => `[${name}]`).join(', ');
  return `${source} has no group [${group}]. It has ${there}.`;
}

function slurmHosts(list: string | undefined): (Host | { problem: string })[] {
  if (list === undefined) {
    throw new NoSuchHosts(
      'slurm: reads SLURM_JOB_NODELIST, which is not set: this is no job of Slurm.',
    );
  }
  try {
    return expandSlurm(list).map(parseHost);
  } catch (error) {
    throw new NoSuchHosts(`SLURM_JOB_NODELIST: ${(error as Error).message}`);
  }
}

async function pbsHosts(path: string | undefined): Promise<(Host | { problem: string })[]> {
  if (path === undefined) {
    throw new NoSuchHosts(
      'pbs: reads the file in PBS_NODEFILE, which is not set: this is no job of PBS.',
    );
  }
  return parsePbsNodes(await read(path)).map(parseHost);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new NoSuchHosts(`Cannot read the host file ${path} (${code}).`);
  }
}

const placed = (file: string, { line, column, message }: HostProblem) =>
  `${file}:${line}:${column}: ${message}`;
