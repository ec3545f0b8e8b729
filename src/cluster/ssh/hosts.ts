/**
 * Hosts as people write them: `[user@]host[:port]`, a name of their SSH configuration, a file of such
 * lines. What else is known of a host (user, keys, jump hosts) is left to `ssh`.
 */

export interface Host {
  /** As it was written: what people know it by. */
  name: string;
  /** For `ssh`: a name or an address, without brackets. */
  address: string;
  user?: string;
  port?: number;
}

export interface HostProblem {
  /** Both count from 1. */
  line: number;
  column: number;
  /** What is wrong, and what would be right. */
  message: string;
}

const HOST =
  /^(?:([A-Za-z0-9_][A-Za-z0-9_.-]*\$?)@)?(?:\[([0-9A-Fa-f:.%A-Za-z0-9]+)\]|([A-Za-z0-9_][A-Za-z0-9_.-]*))(?::(\d+))?$/;

/** One host, or what is wrong with it. Never what `ssh` would take for an option or a command. */
export function parseHost(text: string): Host | { problem: string } {
  const found = HOST.exec(text);
  if (!found) return { problem: fault(text) };
  const [, user, bracketed, plain, digits] = found;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    return { problem: `a port is a number from 1 to 65,535, found ${digits}` };
  }
  return {
    name: text,
    address: bracketed ?? plain ?? '',
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}

function fault(text: string): string {
  if (/\s/.test(text)) return `one host a line, found "${text}". Write each on a line of its own`;
  if ((text.match(/:/g) ?? []).length > 1) {
    return `an IPv6 address stands in brackets, found "${text}". Write [${text}]`;
  }
  return `a host is [user@]host[:port], found "${text}"`;
}

/**
 * A host file: one host a line; blank lines and what follows `#` are left out. A host that stands
 * there twice is one host.
 */
export function parseHostFile(text: string): { hosts: Host[]; problems: HostProblem[] } {
  const hosts = new Map<string, Host>();
  const problems: HostProblem[] = [];
  text.split(/\r\n|[\r\n]/).forEach((written, i) => {
    const line = written.replace(/(^|\s)#.*$/, '');
    const word = line.trim();
    if (word === '') return;
    const host = parseHost(word);
    if ('problem' in host) {
      problems.push({ line: i + 1, column: line.indexOf(word) + 1, message: host.problem });
    } else if (!hosts.has(host.name)) {
      hosts.set(host.name, host);
    }
  });
  return { hosts: [...hosts.values()], problems };
}
