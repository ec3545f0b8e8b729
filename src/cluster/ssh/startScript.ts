/** What is sent to a host to start workers there, and what it says of it. Pure. */
import { type Bundle, bundleValues } from './programs';
import startText from './remote/start.sh';
import { assignments, parseSaid, remoteScript, type Said } from './remoteScript';

export interface StartOrder {
  token: string;
  /** Of the queue that they work on. */
  queueFolder: string;
  bundle: Bundle;
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
  const { token, queueFolder, bundle, config, slots, replaceSeconds } = order;
  return remoteScript({
    token,
    queueFolder,
    values: {
      ...bundleValues(bundle),
      ORDER: orderText(order),
      SLOTS: slots.join(' '),
      REPLACE: replaceSeconds === undefined ? '' : String(replaceSeconds),
    },
    text: startText,
    call: ['begin'],
    input: JSON.stringify(config),
  });
}

/** What the host keeps, to start these workers again in the same way. */
function orderText({ node, cwd, environment }: StartOrder): string {
  return assignments({
    NODE_GIVEN: node ?? '',
    CWD: cwd ?? '',
    ENVIRONMENT: assignments(environment),
  });
}

export type StartStep = 'node' | 'folder' | 'cwd' | 'disk' | 'bundle';

export type OtherVersion = 'other' | 'draining';

export interface StartAnswer {
  /** The step that could not be done, and what it was about. */
  failed?: { step: StartStep; about: string };
  /** With what the program ended, and its last words, when it could not do with what it is told. */
  refused?: { code: number; message: string };
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
  const said = parseSaid(token, stdout);
  return said.length === 0 ? undefined : parseStartLines(said);
}

/** What is said of workers that start, with the start of a launch or with another one. */
export function parseStartLines(said: readonly Said[]): StartAnswer {
  const answer: StartAnswer = { without: [], endsAtLogout: false, others: [], workers: [] };
  for (const { word, rest } of said) {
    const [, about = '', more = ''] = /^(\S*) ?(.*)$/.exec(rest) ?? [];
    const step = STEPS.find(each => each === about);
    if (word === 'fail' && step) answer.failed = { step, about: more };
    if (word === 'fail' && about === 'check') answer.refused = parseRefusal(more);
    if (word === 'without') answer.without.push(about);
    if (word === 'ends-at-logout') answer.endsAtLogout = true;
    if (word === 'other' || word === 'draining') {
      answer.others.push({ slot: Number(about), state: word });
    }
    if (word === 'worker') answer.workers.push({ slot: Number(about), said: more });
  }
  return answer;
}

/** What each line of a worker's log begins with. */
const LOG_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

function parseRefusal(rest: string): NonNullable<StartAnswer['refused']> {
  const [, code, message = ''] = /^(\d+) ?(.*)$/.exec(rest) ?? [];
  return { code: Number(code), message: message.replace(LOG_TIME, '') };
}
