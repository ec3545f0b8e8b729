/**
 * Hosts as people write them: `[user@]host[:port]`, or a name of their SSH configuration. What else is
 * known of a host (user, keys, jump hosts) is left to `ssh`. Pure.
 */

export interface Host {
  /** As it was written: what people know it by. */
  name: string;
  /** For `ssh`: a name or an address, without brackets. */
  address: string;
  user?: string;
  port?: number;
  /** What holds for this host alone. */
  settings?: HostSettings;
}

/** What a host file says of one host; what it does not say is left to the launch. */
export interface HostSettings {
  /** How many workers run there. */
  workers?: number;
  /** Path of Node there. */
  node?: string;
  /** Where tasks run there. */
  cwd?: string;
  /** For the worker and its tasks. */
  environment: Record<string, string>;
  /** Settings of a conf.json that count over the others'. */
  config: Record<string, unknown>;
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
