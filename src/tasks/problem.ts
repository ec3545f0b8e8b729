/** What is wrong with a line, where, and what would be right. */
export interface Problem {
  /** 1-based, in UTF-16 units, as an editor counts. */
  column: number;
  /** One sentence in plain words, without a final stop: `memory must be …, found "4G". Write 4`. */
  message: string;
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
