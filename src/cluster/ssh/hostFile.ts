/** A host file: a host a line, in groups where the file has them. Pure. */
import { parseHostLine } from './hostLine';
import type { Host, HostSettings } from './hosts';

export interface HostProblem {
  /** Both count from 1. */
  line: number;
  column: number;
  /** What is wrong, and what would be right. */
  message: string;
}

export interface HostFile {
  /** Each host once, in order. */
  hosts: Host[];
  /** Names of hosts, by the name of their group. */
  groups: Map<string, Set<string>>;
  problems: HostProblem[];
}

const HEADING = /^\[([A-Za-z_][\w.-]*)\]$/;

/**
 * Blank lines and what follows `#` are left out; `[gpu]` begins a group. A host that stands there twice
 * is one host in two groups, and what is said of it later counts.
 */
export function parseHostFile(text: string): HostFile {
  const hosts = new Map<string, Host>();
  const groups: HostFile['groups'] = new Map();
  const problems: HostProblem[] = [];
  let group: Set<string> | undefined;
  text.split(/\r\n|[\r\n]/).forEach((written, i) => {
    const line = written.replace(/(^|\s)#.*$/, '');
    const words = line.trim();
    if (words === '') return;
    const heading = HEADING.exec(words)?.[1];
    if (heading !== undefined) {
      group = groups.get(heading) ?? new Set();
      groups.set(heading, group);
      return;
    }
    const host = parseHostLine(words);
    if ('problem' in host) {
      problems.push({ line: i + 1, column: line.indexOf(words) + 1, message: host.problem });
      return;
    }
    group?.add(host.name);
    hosts.set(host.name, joined(hosts.get(host.name), host));
  });
  return { hosts: [...hosts.values()], groups, problems };
}

function joined(before: Host | undefined, host: Host): Host {
  if (!before?.settings || !host.settings) return { ...before, ...host };
  const settings: HostSettings = {
    ...before.settings,
    ...host.settings,
    environment: { ...before.settings.environment, ...host.settings.environment },
    config: { ...before.settings.config, ...host.settings.config },
  };
  return { ...host, settings };
}
