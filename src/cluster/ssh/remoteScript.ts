/** Shell text for the standard input of `sh -s` on a host, and the lines of what it says. */
import { randomBytes } from 'node:crypto';
import commonText from './remote/common.sh';

/** The command on the host: it works under any login shell. */
export const SHELL = 'sh -s';

export interface RemoteScript {
  /** A random word that begins each line that is meant for us. */
  token: string;
  /** Of the queue whose workers are meant (`queueFolder.ts`); undefined: those of all queues are. */
  queueFolder?: string | undefined;
  /** Shell variables that the text finds. */
  values?: Readonly<Record<string, string>>;
  /** Functions. */
  text: string;
  /** One of them, and its arguments as plain words. */
  call: readonly string[];
  /** For its standard input; undefined: ours, as far as it is not read yet. */
  input?: string;
}

/** No login prints it by chance. */
export const newToken = () => `distcomp-${randomBytes(8).toString('hex')}`;

export function remoteScript(script: RemoteScript): string {
  const { token, queueFolder = '', values = {}, text, call, input } = script;
  const end = `END_${token}`;
  const command = call.map((word, i) => (i === 0 ? word : quote(word))).join(' ');
  const run = input === undefined ? command : `${command} <<'${end}'\n${input}\n${end}`;
  // The whole text is read before anything of it runs, so that nothing reads what is meant for another.
  return `{\n${assignments({ TOKEN: token, QUEUE: queueFolder, ...values })}\n${commonText}\n${text}\n${run}\nexit\n}\n`;
}

/** Shell text that sets variables, whatever is in their values. */
export function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quote(value)}`)
    .join('\n');
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A line that was meant for us: `word` and what it is about. */
export interface Said {
  word: string;
  rest: string;
}

export function parseSaid(token: string, stdout: string): Said[] {
  return stdout.split('\n').flatMap(line => {
    if (!line.startsWith(`${token} `)) return [];
    const [, word = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line.slice(token.length + 1)) ?? [];
    return [{ word, rest }];
  });
}
