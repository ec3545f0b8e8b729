/** What is sent to a host to start workers there, and what it says of it. Pure. */
import preludeText from './remote/prelude.sh';
import startText from './remote/start.sh';

export interface StartOrder {
  /** A random word that begins each line that is meant for us. */
  token: string;
  /** Name of the worker bundle on the host. */
  bundle: string;
  /** Content of conf.json, the only place where secrets stand. */
  config: Record<string, unknown>;
  slots: readonly number[];
  /** Path of Node there; undefined: it is looked for. */
  node?: string;
  /** Where tasks run; undefined: the home folder. */
  cwd?: string;
}

/** For the standard input of `sh -s`. */
export function startScript({ token, bundle, config, slots, node, cwd }: StartOrder): string {
  const values = {
    TOKEN: token,
    BUNDLE: bundle,
    NODE_GIVEN: node ?? '',
    CWD: cwd ?? '',
    SLOTS: slots.join(' '),
  };
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`);
  const end = `END_${token}`;
  // The whole text is read before anything of it runs, so that nothing reads what is meant for another.
  return `{\n${assignments.join('\n')}\n${preludeText}\n${startText}\nbegin <<'${end}'\n${JSON.stringify(config)}\n${end}\nexit\n}\n`;
}

/** For the command line of `ssh`, under any login shell: puts standard input where a bundle belongs. */
export function uploadCommand(bundle: string): string {
  const path = '"$HOME/.distcomp/$0"';
  const draft = '"$HOME/.distcomp/$0.$$"';
  const steps = `umask 077; mkdir -p "$HOME/.distcomp" && cat >${draft} && mv ${draft} ${path}`;
  return `sh -c '${steps}' ${bundle}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export type StartStep = 'node' | 'folder' | 'cwd' | 'disk' | 'bundle';

export interface StartAnswer {
  /** The step that could not be done, and what it was about. */
  failed?: { step: StartStep; about: string };
  /** Programs that tasks may miss. */
  without: string[];
  workers: { slot: number; said: string }[];
}

const STEPS: readonly StartStep[] = ['node', 'folder', 'cwd', 'disk', 'bundle'];

/** Undefined when nothing in the output is meant for us: what ran was no POSIX shell. */
export function parseStartAnswer(token: string, stdout: string): StartAnswer | undefined {
  const lines = stdout.split('\n').filter(line => line.startsWith(`${token} `));
  if (lines.length === 0) return undefined;
  const answer: StartAnswer = { without: [], workers: [] };
  for (const line of lines) {
    const [, word, about = '', rest = ''] = /^\S+ (\S+) ?(\S*) ?(.*)$/.exec(line) ?? [];
    const step = STEPS.find(each => each === about);
    if (word === 'fail' && step) answer.failed = { step, about: rest };
    if (word === 'without') answer.without.push(about);
    if (word === 'worker') answer.workers.push({ slot: Number(about), said: rest });
  }
  return answer;
}
