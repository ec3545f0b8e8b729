/** What a problem is about. Problems of one kind can be set right in one go. */
export type ProblemKind =
  | 'type'
  | 'fields'
  | 'priority'
  | 'memory'
  | 'min_cpu'
  | 'timeout'
  | 'command'
  | 'stop_field'
  | 'character'
  | 'encoding';

/** What is wrong with a line, where, and what would be right. */
export interface Problem {
  kind: ProblemKind;
  /** 1-based, in UTF-16 units, as an editor counts. */
  column: number;
  /** One sentence in plain words, without a final stop: `memory must be …, found "4G". Write 4`. */
  message: string;
  /** Where the remedy can be carried out without asking. */
  fix?: Fix;
}

/** A remedy as a change of the line. */
export interface Fix {
  /** As the message says it: `Write 4`. */
  remedy: string;
  /** What is replaced: from `column` to before `endColumn`, both 1-based. */
  column: number;
  endColumn: number;
  text: string;
}

/** The line with its problem's remedy carried out. */
export function fixed(line: string, { column, endColumn, text }: Fix): string {
  return line.slice(0, column - 1) + text + line.slice(endColumn - 1);
}

/** Characters that a terminal or an editor could act on instead of showing them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const LONGEST_QUOTE = 32;

/** Found text for a message: in double quotes, on one line, nothing invisible in it, the end of a long one left out. */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, 2 * LONGEST_QUOTE + 2));
  const shown =
    characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join('')}…` : text;
  return JSON.stringify(shown).replace(INVISIBLE, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}
