/** From what `ssh` says when it fails to what a person can do about it. Pure. */
import type { Host } from './hosts';

export interface SshFailure {
  kind:
    | 'unknown_key'
    | 'changed_key'
    | 'refused_login'
    /** The shared connection by which a person had logged in ended under it. */
    | 'lost_login'
    /** The shared connection takes no more commands at a time. */
    | 'no_session'
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

/** The host could not be reached, or did not let us in. */
export class SshFailed extends Error {
  override readonly name = 'SshFailed';
  constructor(readonly failure: SshFailure) {
    super(failure.message);
  }
}

type Kind = SshFailure['kind'];

/** The first that matches: what stands before is more exact. */
const SAID: readonly (readonly [RegExp, Kind])[] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, 'changed_key'],
  [/Session open refused by peer/, 'no_session'],
  [/remote port forwarding failed|administratively prohibited/i, 'forbidden_forwarding'],
  [/Host key verification failed|No \S+ host key is known/i, 'unknown_key'],
  [/Permission denied|Too many authentication failures|no mutual signature/i, 'refused_login'],
  [/Could not resolve hostname|Name or service not known|nodename nor servname/i, 'no_such_host'],
  [/Connection refused/i, 'refused'],
  [/banner exchange.*timed out|timed out during banner/i, 'no_answer'],
  [/kex_exchange_identification|Connection (closed|reset) by/i, 'dropped'],
  [/timed out|No route to host|Network is unreachable/i, 'no_answer'],
];

/** Those that a person may mend by logging in once. */
const FOR_A_PERSON: readonly Kind[] = ['unknown_key', 'refused_login', 'lost_login'];

export const wantsLogin = ({ kind }: SshFailure): boolean => FOR_A_PERSON.includes(kind);

/** What is known of a failure besides the words of `ssh`. */
export interface FailureFacts {
  /** Of the key that the host showed, as `ssh-ed25519 SHA256:…`. */
  fingerprint?: string | undefined;
  /** The connection was a shared one. */
  isShared?: boolean;
}

export function failureOf(host: Host, stderr: string, facts: FailureFacts = {}): SshFailure {
  const kind = kindOf(stderr, facts);
  return { kind, message: MESSAGES[kind](host, stderr, facts.fingerprint) };
}

function kindOf(stderr: string, { isShared }: FailureFacts): Kind {
  // It was there a moment before; what counts is how the connection without it failed.
  const words = stderr.replace(/^Control socket connect\(.*$/gm, '').trim();
  // `ssh` does not say when it happens.
  if (isShared && words === '') return 'lost_login';
  return SAID.find(([pattern]) => pattern.test(words))?.[1] ?? 'other';
}

const MESSAGES: Record<Kind, (host: Host, stderr: string, fingerprint?: string) => string> = {
  unknown_key: (_host, stderr, fingerprint) =>
    `The key of ${whose(stderr)} is not known here${shown(fingerprint)}. Compare it, then accept it.`,
  changed_key: (host, stderr, fingerprint) =>
    `The key of ${whose(stderr)} is another one than before${shown(fingerprint)}. If that is right, forget the old one: ${forgetting(host, stderr)}`,
  refused_login: (_, stderr) =>
    `The host refused the login${accepted(stderr)}, and nobody can be asked in the background. Log in yourself, or have a key there that needs no answer.`,
  lost_login: () => 'The shared connection to this host ended. Log in again.',
  no_session: () =>
    'The shared connection to this host takes no more commands at a time (MaxSessions of its sshd). End what goes through it, or have more of them allowed.',
  refused: () => 'Nothing answers at its SSH port: connection refused. Is sshd running there?',
  no_answer: () => 'It does not answer. Is it running, and reachable from this machine?',
  dropped: () =>
    'It closed the connection before the login. Has its sshd too many logins at once (MaxStartups)?',
  forbidden_forwarding: () =>
    'Its sshd forbids tunnels. Have AllowStreamLocalForwarding and AllowTcpForwarding set to yes there, or give an address of Redis that the host itself can reach.',
  no_such_host: ({ address }) => `There is no host of the name ${address}. Correct the name.`,
  other: (host, stderr) => `ssh failed: ${lastLine(stderr)}. Try it: ssh ${commandFor(host)}`,
};

/** What `ssh` calls its peer when that is the `ssh` to a jump host, which has ended. */
const BEHIND_ANOTHER = /Connection closed by UNKNOWN port 65535/;

const whose = (stderr: string) =>
  BEHIND_ANOTHER.test(stderr) ? 'the host on the way to it' : 'this host';

const shown = (fingerprint: string | undefined) => (fingerprint ? ` (${fingerprint})` : '');

/** From `Permission denied (publickey,password).` */
function accepted(stderr: string): string {
  const methods = /Permission denied \(([\w@.,-]+)\)/.exec(stderr)?.[1];
  return methods === undefined ? '' : `: it accepts ${methods.replaceAll(',', ', ')}`;
}

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
