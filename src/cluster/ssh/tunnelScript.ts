/** What is sent to a host to hold its end of a tunnel, and what it says. Pure. */
import tunnelText from './remote/tunnel.sh';
import { remoteScript } from './remoteScript';

/** The host lets us in, and a tunnel cannot be made. The message says what to do. */
export class TunnelFailed extends Error {
  override readonly name = 'TunnelFailed';
}

/**
 * For the standard input of `sh -s`, which then stays open: its end is the end of the tunnel. `queueFolder`: of
 * the queue whose workers come through it.
 */
export function tunnelScript(token: string, queueFolder: string): string {
  return remoteScript({ token, queueFolder, text: tunnelText, call: ['hold'] });
}

export type TunnelLine =
  /** Where sshd is to listen. */
  | { word: 'listen'; path: string }
  /** What workers connect to. */
  | { word: 'up'; path: string }
  /** All of it is removed again. */
  | { word: 'over' }
  | { word: 'fail'; message: string };

/** Undefined when the line is not meant for us. */
export function parseTunnelLine(token: string, line: string): TunnelLine | undefined {
  const [, said = ''] = line.startsWith(`${token} `) ? [token, line.slice(token.length + 1)] : [];
  const [, word, about = ''] = /^(\S+) ?(.*)$/.exec(said) ?? [];
  if (word === 'listen' || word === 'up') return { word, path: about };
  if (word === 'over') return { word };
  return word === 'fail' ? { word, message: failed(about) } : undefined;
}

function failed(about: string): string {
  const [, step, rest = ''] = /^(\S+) ?(.*)$/.exec(about) ?? [];
  const [, most, path] = /^(\d+) (.*)$/.exec(rest) ?? [];
  if (step !== 'length') return `Cannot write to ${rest}. Make it writable.`;
  return `The path of a socket has at most ${most} bytes there, and ${path} has ${Buffer.byteLength(path ?? '')}. Use an account with a shorter home folder.`;
}
