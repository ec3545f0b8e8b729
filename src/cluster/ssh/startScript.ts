/** What is sent to a host to start workers there, and what it says of it. Pure. */
import startText from './remote/start.sh';
import { parseSaid, remoteScript } from './remoteScript';

export interface StartOrder {
  token: string;
  /** Name of the worker bundle on the host. */
  bundle: string;
  /** Content of conf.json, the only place where secrets stand. */
  config: Record<string, unknown>;
  slots: readonly number[];
  /** Path of Node there; undefined: it is looked for. */
  node?: string | undefined;
  /** Where tasks run; undefined: the home folder. */
  cwd?: string | undefined;
  /** For the worker and its tasks; it can be seen there by others. */
  environment: Readonly<Record<string, string>>;
  /** How many seconds workers of another bundle have to drain; undefined: they stay. */
  replaceSeconds?: number | undefined;
}

export function startScript(order: StartOrder): string {
  const { token, bundle, config, slots, node, cwd, environment, replaceSeconds } = order;
  return remoteScript({
    token,
    values: {
      BUNDLE: bundle,
      NODE_GIVEN: node ?? '',
      CWD: cwd ?? '',
      SLOTS: slots.join(' '),
      REPLACE: replaceSeconds === undefined ? '' : String(replaceSeconds),
    },
    environment,
    text: startText,
    call: ['begin'],
    input: JSON.stringify(config),
  });
}

/**
 * For the command line of `ssh`, under any login shell: puts standard input under this name into our
 * folder, aside and then renamed.
 */
export function uploadCommand(name: string): string {
  const path = '"$HOME/.distcomp/$0"';
  const draft = '"$HOME/.distcomp/$0.$$"';
  const steps = `umask 077; mkdir -p "$HOME/.distcomp" && cat >${draft} && chmod 700 ${draft} && mv ${draft} ${path}`;
  return `sh -c '${steps}' ${name}`;
}

export type StartStep = 'node' | 'folder' | 'cwd' | 'disk' | 'bundle';

export type OtherVersion = 'other' | 'draining';

export interface StartAnswer {
  /** The step that could not be done, and what it was about. */
  failed?: { step: StartStep; about: string };
  /** Programs that tasks may miss. */
  without: string[];
  /** This system ends, at its logout, what a person started. */
  endsAtLogout: boolean;
  /** Slots where a worker of another bundle runs: left alone, or still finishing its tasks. */
  others: { slot: number; state: OtherVersion }[];
  workers: { slot: number; said: string }[];
}

const STEPS: readonly StartStep[] = ['node', 'folder', 'cwd', 'disk', 'bundle'];

/** Undefined when nothing in the output is meant for us: what ran was no POSIX shell. */
export function parseStartAnswer(token: string, stdout: string): StartAnswer | undefined {
  const lines = parseSaid(token, stdout);
  if (lines.length === 0) return undefined;
  const answer: StartAnswer = { without: [], endsAtLogout: false, others: [], workers: [] };
  for (const { word, rest } of lines) {
    const [, about = '', more = ''] = /^(\S*) ?(.*)$/.exec(rest) ?? [];
    const step = STEPS.find(each => each === about);
    if (word === 'fail' && step) answer.failed = { step, about: more };
    if (word === 'without') answer.without.push(about);
    if (word === 'ends-at-logout') answer.endsAtLogout = true;
    if (word === 'other' || word === 'draining') {
      answer.others.push({ slot: Number(about), state: word });
    }
    if (word === 'worker') answer.workers.push({ slot: Number(about), said: more });
  }
  return answer;
}
