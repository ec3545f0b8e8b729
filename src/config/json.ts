/** A place in a text, as an editor counts. */
export interface Place {
  line: number;
  column: number;
}

/** Where a text stops being JSON, and what should stand there. */
export interface JsonFault extends Place {
  message: string;
}

/** `JSON.parse`, but its errors have a place: the engine's own name none for short texts. */
export function parseJson(text: string): { value: unknown } | { fault: JsonFault } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: firstFault(text) };
  }
}

const BLANKS = /[ \t\r\n]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * What may come next. Of the transitions of JSON, those that open, go on and close; the stack says
 * what a closed value lies in.
 */
type Expectation = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or }' | ', or ]' | 'end';

const IN_WORDS: Record<Expectation, string> = {
  value: 'a value',
  'value or ]': 'a value or ]',
  key: 'a name in double quotes',
  'key or }': 'a name in double quotes or }',
  ':': 'a colon',
  ', or }': 'a comma or }',
  ', or ]': 'a comma or ]',
  end: 'nothing more',
};

/** Where each name of the outermost object of a JSON text stands; of one that is there twice, the last. */
export function namePlaces(text: string): Map<string, Place> {
  const places = new Map<string, Place>();
  let depth = 0;
  let last: { name: string; position: number } | undefined;
  for (const { 0: token, index } of text.matchAll(new RegExp(TOKEN.source, 'g'))) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':' && depth === 1 && last)
      places.set(last.name, placeOf(text, last.position));
    last = token.startsWith('"') ? { name: JSON.parse(token), position: index } : undefined;
  }
  return places;
}

function placeOf(text: string, position: number): Place {
  const before = text.slice(0, position).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

function firstFault(text: string): JsonFault {
  const stack: ('{' | '[')[] = [];
  let expectation: Expectation = 'value';
  let position = 0;
  for (;;) {
    BLANKS.lastIndex = position;
    position += BLANKS.exec(text)?.[0].length ?? 0;
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text)?.[0];
    const next: Expectation | undefined = token ? after(expectation, token, stack) : undefined;
    if (!token || !next) return faultAt(text, position, expectation);
    expectation = next;
    position += token.length;
  }
}

/** The state after `token`, or undefined where the token must not stand. */
function after(
  expectation: Expectation,
  token: string,
  stack: ('{' | '[')[],
): Expectation | undefined {
  const kind = token.startsWith('"') ? 'text' : /^[{}[\],:]$/.test(token) ? token : 'word';
  switch (expectation) {
    case 'value or ]':
    case 'value':
      if (kind === ']' && expectation === 'value or ]') return close(stack);
      if (kind === '{' || kind === '[') {
        stack.push(kind);
        return kind === '{' ? 'key or }' : 'value or ]';
      }
      return kind === 'text' || kind === 'word' ? closed(stack) : undefined;
    case 'key or }':
    case 'key':
      if (kind === '}' && expectation === 'key or }') return close(stack);
      return kind === 'text' ? ':' : undefined;
    case ':':
      return kind === ':' ? 'value' : undefined;
    case ', or }':
      if (kind === ',') return 'key';
      return kind === '}' ? close(stack) : undefined;
    case ', or ]':
      if (kind === ',') return 'value';
      return kind === ']' ? close(stack) : undefined;
    case 'end':
      return undefined;
  }
}

function close(stack: ('{' | '[')[]): Expectation {
  stack.pop();
  return closed(stack);
}

/** What may follow a complete value. */
function closed(stack: ('{' | '[')[]): Expectation {
  const inside = stack.at(-1);
  if (inside === undefined) return 'end';
  return inside === '{' ? ', or }' : ', or ]';
}

function faultAt(text: string, position: number, expectation: Expectation): JsonFault {
  const rest = text.slice(position);
  // One character and no more: it may be the beginning of a password without quotes.
  const [character] = rest;
  const found = character === undefined ? 'the end of the file' : JSON.stringify(character);
  const remedy = remedyFor(rest, expectation);
  return {
    ...placeOf(text, position),
    message: `expected ${IN_WORDS[expectation]}, found ${found}${remedy && `. ${remedy}`}`,
  };
}

/** For the slips that people make, what to do; otherwise the expectation says it. */
function remedyFor(rest: string, expectation: Expectation): string {
  if (/^(\/[/*]|#)/.test(rest)) return 'JSON has no comments: remove it';
  if (/^[}\]]/.test(rest) && (expectation === 'key' || expectation === 'value')) {
    return 'Remove the comma before it';
  }
  if (rest.startsWith("'")) return 'Use double quotes';
  const word = /^(?:True|False|None)\b/.exec(rest)?.[0];
  if (word) return `Write ${word === 'None' ? 'null' : word.toLowerCase()}`;
  if (rest.startsWith('"') && expectation !== ':' && !expectation.startsWith(',')) {
    return 'Close the text with a quote on the same line, and double every backslash in it';
  }
  if (rest.startsWith('"') && expectation !== ':') return 'Put a comma before it';
  return '';
}
