/** What is sent to a host to start its workers again, and what it says of it. Pure. */
import endText from './remote/end.sh';
import restartText from './remote/restart.sh';
import startText from './remote/start.sh';
import { parseSaid, remoteScript } from './remoteScript';
import { parseStartLines, type StartAnswer } from './startScript';
import { parseEndings, type WorkerEndings } from './stop';

export interface RestartOrder {
  token: string;
  /** Name of the worker bundle on the host. */
  bundle: string;
  /** For so long running tasks may go on. */
  drainSeconds: number;
}

export function restartScript({ token, bundle, drainSeconds }: RestartOrder): string {
  return remoteScript({
    token,
    values: { BUNDLE: bundle },
    text: [endText, startText, restartText].join('\n'),
    call: ['restart', String(drainSeconds)],
  });
}

export interface RestartAnswer extends StartAnswer, WorkerEndings {
  /** No worker runs there. */
  isNone: boolean;
  /** With what the program of this version ended, and its last words, when it could not do with what it is told. */
  refused?: { code: number; message: string };
  /** Slots whose workers were ended, to be started again; undefined: nothing has changed there. */
  ending?: number[];
  /** Some were launched by a version that left nothing of how. */
  isUnordered: boolean;
  /** It said all that it had to say. */
  isWhole: boolean;
}

/** What each line of a worker's log begins with. */
const LOG_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

/** Undefined when nothing in the output is meant for us: what ran was no POSIX shell. */
export function parseRestartAnswer(token: string, stdout: string): RestartAnswer | undefined {
  const said = parseSaid(token, stdout);
  if (said.length === 0) return undefined;
  const restOf = (wanted: string) => said.find(({ word }) => word === wanted)?.rest;
  const ending = restOf('ending');
  const [, code, message = ''] = /^check (\d+) ?(.*)$/.exec(restOf('fail') ?? '') ?? [];
  return {
    ...parseStartLines(said),
    ...parseEndings(said),
    isNone: restOf('fail') === 'none',
    ...(code === undefined
      ? {}
      : { refused: { code: Number(code), message: message.replace(LOG_TIME, '') } }),
    ...(ending === undefined ? {} : { ending: ending.split(' ').map(Number) }),
    isUnordered: restOf('unordered') !== undefined,
    isWhole: said.some(({ word }) => word === 'end' || word === 'fail'),
  };
}
