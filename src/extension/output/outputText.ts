/** What an output document says: the task, the attempt, where its output is from, and the output. */
import { l10n } from 'vscode';
import { lastErrorLine } from '../../queue/attempt';
import type { TaskDetails } from '../../queue/details';
import type { AttemptOutput, FoundOutput } from '../../queue/output';
import { runningAttempt } from '../../queue/output';
import type { TaskOutput } from '../../queue/outputReader';
import { noAttempt, nothingYet, whereFrom, workerOf } from '../../queue/outputWords';
import { readable } from '../../tasks/terminalText';
import { number, shorten, visible } from '../../tasks/words';
import { stateTitle } from '../tree/stateItems';
import { endingWords, runningWords } from './attemptWords';
import { type CutText, endsOf } from './outputCut';
import { type OutputAddress, type Stream, streamTitle } from './outputUri';

/** Of output in one document, which has 256 KiB with what stands above it. */
const OUTPUT_BYTES = 248 * 1024;
const LINE_LENGTH = 2_000;

export interface Moment {
  /** Milliseconds, Redis time. */
  now: number;
  /** Whether Redis answers, so that what still changes is followed. */
  isLive: boolean;
}

export function outputText(
  { task, found }: TaskOutput,
  address: OutputAddress,
  moment: Moment,
): string {
  const output = found.kind === 'none' ? undefined : found.output;
  if (address.bare) return output ? bareText(output, address.stream) : '';
  const head = [
    visible(shorten(task.line, LINE_LENGTH)),
    ...attemptLines({ task, found }, address, moment),
  ];
  if (!output) return `${[...head, nothing(task, found, address)].join('\n')}\n`;
  const record = found.kind === 'ended' ? found.record : undefined;
  head.push(...whereFrom(workerOf(task, record), output));
  if (output.isUnanswered) head.push(l10n.t('Its worker has not answered, and is asked again.'));
  const streams = shown(output, address.stream).map(each => section(each, output.path));
  return `${head.join('\n')}\n\n${streams.join('\n')}`;
}

/** Why there is no output. */
function nothing(task: TaskDetails, found: FoundOutput, { attempt }: OutputAddress): string {
  if (found.kind === 'running' || attempt === undefined) return nothingYet(task);
  return noAttempt(task, attempt);
}

/** How many attempts there are, the one that runs included. */
export function attemptCount({ task, found }: TaskOutput): number {
  const running = found.kind === 'running' ? found.attempt : 0;
  return Math.max(running, runningAttempt(task) ?? 0, task.attempts[0]?.number ?? 0);
}

function attemptLines(
  { task, found }: TaskOutput,
  { attempt }: OutputAddress,
  { now, isLive }: Moment,
): string[] {
  const title = (attempt: number) =>
    l10n.t('Attempt {0} of {1}', attempt, attemptCount({ task, found }));
  switch (found.kind) {
    case 'running':
      return [
        [title(found.attempt), runningWords(task), followed(found.isOld, isLive)].join(' · '),
      ];
    case 'ended': {
      const { record } = found;
      if (!record) return [stateOf(task.state)];
      // Of the newest, what became of the task by it: it may wait for another attempt.
      const state = attempt === undefined ? [stateOf(task.state)] : [];
      const words = [...state, title(record.number), ...endingWords(record, now)].join(' · ');
      return [words, visible(lastErrorLine(record))].filter(Boolean);
    }
    case 'none':
      return [stateOf(task.state)].filter(Boolean);
  }
}

function followed(isOld: boolean | undefined, isLive: boolean): string {
  if (!isLive) return l10n.t('stale, since Redis does not answer');
  return isOld ? l10n.t('stale, since its worker does not answer') : l10n.t('followed live');
}

const stateOf = (state: TaskOutput['task']['state']) =>
  state === 'absent' ? '' : stateTitle(state);

interface Shown extends CutText {
  stream: Stream;
  /** Of the whole stream. */
  bytes: number;
}

/** What fits of both streams, or of one. */
function shown({ out, err }: AttemptOutput, stream: Stream | undefined): Shown[] {
  const [outText, errText] = endsOf(
    stream === 'err' ? '' : readable(out.text),
    stream === 'out' ? '' : readable(err.text),
    OUTPUT_BYTES,
  );
  const all: Shown[] = [
    { stream: 'out', ...outText, cut: outText.cut || out.cut, bytes: out.bytes },
    { stream: 'err', ...errText, cut: errText.cut || err.cut, bytes: err.bytes },
  ];
  return all.filter(each => stream === undefined || each.stream === stream);
}

function section({ stream, text, cut, bytes }: Shown, path: string | undefined): string {
  const file = path === undefined ? '' : visible(`${path}.${stream}`);
  const about = cut ? l10n.t('the end of {0} bytes, all of them in {1}', number(bytes), file) : '';
  const title = [streamTitle(stream), about].filter(Boolean).join(' · ');
  return `──── ${title} ────\n${text === '' ? `${l10n.t('(nothing)')}\n` : ended(text)}`;
}

/** Only what the task wrote, so that two of them differ where the output does. */
function bareText(output: AttemptOutput, stream: Stream | undefined): string {
  return shown(output, stream)
    .map(({ stream: each, text, cut }) => {
      const end = cut ? `${l10n.t('… (the end of a longer output)')}\n${text}` : text;
      return stream === undefined ? `──── ${streamTitle(each)} ────\n${ended(end)}` : end;
    })
    .join('\n');
}

const ended = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
