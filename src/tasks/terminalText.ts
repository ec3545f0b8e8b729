/** What programs write for a terminal, made readable where there is none. */
import { visible } from './words';

const ESCAPE = String.fromCharCode(0x1b);
const BELL = String.fromCharCode(0x07);
/** Colours and cursor movements, titles, and the rest of what a terminal acts on. */
const TERMINAL_SEQUENCE = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?|.)`,
  'g',
);

export function withoutTerminalSequences(text: string): string {
  return text.replace(TERMINAL_SEQUENCE, '');
}

/** Controls, other ends of a line than a line feed, and what turns the direction of reading round. */
const UNREADABLE = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\p{Zl}\p{Zp}]/gu;

/**
 * Output as an editor can show it: without colours; of a line that was written over and over (a
 * progress bar) what stood there last; other controls as their pictures.
 */
export function readable(text: string): string {
  const lines = withoutTerminalSequences(text).split('\n').map(lastWritten);
  return lines.join('\n').replace(UNREADABLE, visible);
}

function lastWritten(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r').findLast(part => part !== '') ?? '';
}
