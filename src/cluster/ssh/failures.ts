/** From what `ssh` says when it fails to what a person can do about it. Pure. */
import type { Host } from './hosts';

export interface SshFailure {
  kind:
    | 'unknown_key'
    | 'changed_key'
    | 'refused_login'
    | 'refused'
    | 'no_answer'
    | 'no_such_host'
    /** Closed before the login, as a server does that has too many of them at once. */
    | 'dropped'
    | 'forbidden_forwarding'
    | 'other';
  /** What happened and what would help, in one or two sentences. */
  message: string;
}

type Kind = SshFailure['kind'];

/** The first that matches: what stands before is more exact. */
const SAID: readonly (readonly [RegExp, Kind])[] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, 'changed_key'],
  [/remote port forwarding failed|administratively prohibited/i, 'forbidden_forwarding'],
  [/Host key verification failed|No \S+ host key is known/i, 'unknown_key'],
  [/Permission denied|Too many authentication failures|no mutual signature/i, 'refused_login'],
  [/Could not resolve hostname|Name or service not known|nodename nor servname/i, 'no_such_host'],
  [/Connection refused/i, 'refused'],
  [/banner exchange.*timed out|timed out during banner/i, 'no_answer'],
  [/kex_exchange_identification|Connection (closed|reset) by/i, 'dropped'],
  [/timed out|No route to host|Network is unreachable/i, 'no_answer'],
];

/** `fingerprint`: of the key that the host showed, as `ssh-ed25519 SHA256:…`. */
export function failureOf(host: Host, stderr: string, fingerprint?: string): SshFailure {
  const kind = SAID.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other';
  return { kind, message: MESSAGES[kind](host, stderr, fingerprint) };
}

const MESSAGES: Record<Kind, (host: Host, stderr: string, fingerprint?: string) => string> = {
  unknown_key: (host, _, fingerprint) =>
    `The key of this host is not known here${shown(fingerprint)}. Compare it, then accept it once: ssh ${commandFor(host)}`,
  changed_key: (host, stderr, fingerprint) =>
    `The key of this host is another one than before${shown(fingerprint)}. If that is right, forget the old one: ${forgetting(host, stderr)}`,
  refused_login: host =>
    `The host refused the login. Log in once to see what it asks for: ssh ${commandFor(host)}`,
  refused: () => 'Nothing answers at its SSH port: connection refused. Is sshd running there?',
  no_answer: () => 'It does not answer. Is it running, and reachable from this machine?',
  dropped: () =>
    'It closed the connection before the login. Has its sshd too many logins at once (MaxStartups)?',
  forbidden_forwarding: () =>
    'Its sshd forbids tunnels. Have AllowStreamLocalForwarding and AllowTcpForwarding set to yes there, or give an address of Redis that the host itself can reach.',
  no_such_host: ({ address }) => `There is no host of the name ${address}. Correct the name.`,
  other: (host, stderr) => `ssh failed: ${lastLine(stderr)}. Try it: ssh ${commandFor(host)}`,
};

const shown = (fingerprint: string | undefined) => (fingerprint ? ` (${fingerprint})` : '');

/** As a person would type it; the parts are harmless by `parseHost`. */
function commandFor({ address, user, port }: Host): string {
  return [port && `-p ${port}`, user && `-l ${user}`, address].filter(Boolean).join(' ');
}

/** As `ssh` says it where it does: it knows the file, and the name that the key has there. */
function forgetting({ address, port }: Host, stderr: string): string {
  const said = /^\s*(ssh-keygen -f (["']).+\2 -R (["']).+\3)\s*$/m.exec(stderr)?.[1];
  return said ?? `ssh-keygen -R ${port === undefined ? address : `'[${address}]:${port}'`}`;
}

function lastLine(text: string): string {
  const lines = text
    .split(/[\r\n]+/)
    .filter(line => line.trim() !== '' && !line.startsWith('debug'));
  return (lines.at(-1) ?? 'it said nothing').trim().replace(/\.$/, '');
}
