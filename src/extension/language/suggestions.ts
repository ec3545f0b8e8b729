/** What may stand where the cursor is. Pure: the provider makes items of it. */
import { type FieldName, namedFields } from '../../tasks/fields';

export interface Suggestion {
  label: string;
  /** What it stands for. */
  detail: string;
  /** What is inserted; a snippet if `isSnippet`. */
  text: string;
  isSnippet: boolean;
  /** What is replaced, in characters from 0. */
  start: number;
  end: number;
}

type Value = [text: string, detail: string];

const TYPES: readonly Value[] = [
  ['shell', 'run by /bin/sh -c'],
  ['python', 'run by python3 -c'],
  ['demo', 'printed, nothing runs'],
];

const VALUES: Readonly<Partial<Record<FieldName, readonly Value[]>>> = {
  priority: [
    ['0', 'after all others'],
    ['1', 'priority 1'],
    ['5', 'before priority 1'],
    ['10', 'before priority 5'],
  ],
  memory: [
    ['0', 'asks for no memory'],
    ...[1, 2, 4, 8, 16, 32, 64, 128].map((gb): Value => [String(gb), `${gb} GB`]),
  ],
  min_cpu: [
    ['0', 'reserves no core'],
    ['1', '1 core'],
    ...[2, 4, 8, 16, 32].map((cores): Value => [String(cores), `${cores} cores`]),
  ],
  timeout: [
    ['60', 'timeout 1 min'],
    ['3600', 'timeout 1 h'],
    ['86400', 'timeout 1 day'],
    ['0', 'no timeout, whatever the configuration says'],
  ],
};

const WHOLE_LINES: readonly Value[] = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: places of a snippet
  ['shell:', 'shell:${1:1}:${2:0}:${3:1}:${4:command}'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: places of a snippet
  ['python:', 'python:${1:1}:${2:0}:${3:1}:${4:print(1)}'],
];

/** `character`: where the cursor stands, from 0. */
export function suggestionsAt(line: string, character: number): Suggestion[] {
  if (line.trimStart().startsWith('#')) return [];
  const field = namedFields(line).findLast(({ column }) => column - 1 <= character);
  if (!field) return [];
  const start = field.column - 1;
  const end = start + field.text.length;
  if (field.name === 'type')
    return isEmptyBehind(line, end) ? [...wholeLines(end), ...types(end)] : types(end);
  if (field.name === 'command') return timeouts(field.text, start, end);
  return values(field.name, start, end);
}

const isEmptyBehind = (line: string, end: number) => line.length === end;

const wholeLines = (end: number): Suggestion[] =>
  WHOLE_LINES.map(([type, text]) => ({
    label: `${type}priority:memory:min_cpu:command`,
    detail: 'a whole task line',
    text,
    isSnippet: true,
    start: 0,
    end,
  }));

const types = (end: number): Suggestion[] =>
  TYPES.map(([text, detail]) => ({ label: text, detail, text, isSnippet: false, start: 0, end }));

function values(name: FieldName, start: number, end: number): Suggestion[] {
  return (VALUES[name] ?? []).map(([text, detail]) => ({
    label: text,
    detail,
    text,
    isSnippet: false,
    start,
    end,
  }));
}

/** Where a command begins there may be a timeout first: as long as it is empty or only digits. */
function timeouts(command: string, start: number, end: number): Suggestion[] {
  if (!/^[0-9]*$/.test(command)) return [];
  return values('timeout', start, end).map(value => ({
    ...value,
    label: `${value.label}:`,
    text: `${value.text}:`,
  }));
}
