/** What is sent to a host to start its workers again, and what it says of it. Pure. */

import { type Bundle, bundleValues } from './programs';
import endText from './remote/end.sh';
import restartText from './remote/restart.sh';
import startText from './remote/start.sh';
import { parseSaid, remoteScript } from './remoteScript';
import { parseStartLines, type StartAnswer } from './startScript';
import { parseEndings, type WorkerEndings } from './stop';

export interface RestartOrder {
  token: string;
  /** Of the queue whose workers are meant; undefined: those of all queues are. */
  queueFolder?: string | undefined;
  bundle: Bundle;
  /** For so long running tasks may go on. */
  drainSeconds: number;
}

export function restartScript({ token, queueFolder, bundle, drainSeconds }: RestartOrder): string {
  return remoteScript({
    token,
    queueFolder,
    values: bundleValues(bundle),
    text: [endText, startText, restartText].join('\n'),
    call: ['restart', String(drainSeconds)],
  });
}

export interface RestartAnswer extends StartAnswer, WorkerEndings {
  /** No worker runs there. */
  isNone: boolean;
  /** Slots whose workers were ended, to be started again; undefined: nothing has changed there. */
  ending?: number[];
  /** Some were launched by a version that left nothing of how. */
  isUnordered: boolean;
  /** It said all that it had to say. */
  isWhole: boolean;
}

/** Undefined when nothing in the output is meant for us: what ran was no POSIX shell. */
export function parseRestartAnswer(token: string, stdout: string): RestartAnswer | undefined {
  const said = parseSaid(token, stdout);
  if (said.length === 0) return undefined;
  const restOf = (wanted: string) => said.find(({ word }) => word === wanted)?.rest;
  const ending = restOf('ending');
  return {
    ...parseStartLines(said),
    ...parseEndings(said),
    isNone: restOf('fail') === 'none',
    ...(ending === undefined ? {} : { ending: ending.split(' ').map(Number) }),
    isUnordered: restOf('unordered') !== undefined,
    isWhole: said.some(({ word }) => word === 'end' || word === 'fail'),
  };
}
