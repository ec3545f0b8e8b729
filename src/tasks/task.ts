/**
 * The task line: `type:priority:min_dram_gb:min_cpu[:timeout_s]:command`.
 *
 * This folder is pure: it turns text into tasks, or into problems with a place and a remedy. Nothing
 * else in DistComp parses task lines. `docs/task-files.md` has the grammar for people.
 */
import { createHash } from 'node:crypto';
import { LONGEST_COMMAND_BYTES, shellCommand } from './command';
import {
  CPU,
  type Field,
  MEMORY,
  type NumberField,
  PRIORITY,
  splitFields,
  splitTimeout,
  TIMEOUT,
} from './fields';
import { type Fix, type Problem, quoted } from './problem';

export { shellCommand } from './command';
export type { Fix, Problem } from './problem';

export type TaskType = 'shell' | 'python' | 'demo';

export interface Task {
  /** The whole line, blanks included: it is the task's identity. */
  line: string;
  type: TaskType;
  /** Higher runs first. */
  priority: number;
  /** Memory it needs; 0 asks for none. */
  memoryGb: number;
  /** Cores it needs; 0 reserves nothing. */
  cpu: number;
  /** undefined: `default_task_timeout_seconds` counts; 0: no timeout. */
  timeoutSeconds: number | undefined;
  /** As it stands in the line: blanks around it are kept. */
  command: string;
}

/** A line that begins so tells every worker of the queue to end: it is never a task. */
export const STOP_FIELD = 'WORKER_COMMAND_CLOSE';

/** Longer digit strings are refused unread, so that a line's length stays bounded. */
const WHOLE_NUMBER = /^[0-9]{1,15}$/;

export type Parsed = { task: Task } | { problem: Problem };

/**
 * Parses one line, without its line break. Never throws: what is no task is a problem, the leftmost one.
 * Comments and blank lines are a file's matter (`readTaskFile`); here they are problems.
 */
export function parseTask(line: string): Parsed {
  const unfit = unfitLine(line);
  if (unfit) return { problem: unfit };

  const [type, priority, memory, cpu, rest] = splitFields(line);
  if (!type || !isTaskType(type.text)) return { problem: typeProblem(line) };
  if (!priority || !memory || !cpu || !rest) return { problem: missingFields(line) };

  const { timeout, command } = splitTimeout(rest);
  const numbers: [NumberField, Field][] = [
    [PRIORITY, priority],
    [MEMORY, memory],
    [CPU, cpu],
  ];
  if (timeout) numbers.push([TIMEOUT, timeout]);
  for (const [field, found] of numbers) {
    const problem = numberProblem(field, found);
    if (problem) return { problem };
  }

  const task: Task = {
    line,
    type: type.text,
    priority: Number(priority.text),
    memoryGb: Number(memory.text),
    cpu: Number(cpu.text),
    timeoutSeconds: timeout ? Number(timeout.text) : undefined,
    command: command.text,
  };
  const problem = commandProblem(task, command.column);
  return problem ? { problem } : { task };
}

/** A task's short name for files, environment and views: the first 12 hex digits of the line's SHA-256. */
export function taskId(line: string): string {
  return createHash('sha256').update(line, 'utf8').digest('hex').slice(0, 12);
}

function isTaskType(text: string): text is TaskType {
  return text === 'shell' || text === 'python' || text === 'demo';
}

/** What no field may hold: Redis, the original's files and the lanes all work line by line. */
function unfitLine(line: string): Problem | undefined {
  if (line.startsWith(STOP_FIELD)) {
    const message = `a line that begins with ${STOP_FIELD} tells every worker to end, and is not a task. Remove it`;
    const fix = { remedy: 'Remove it', column: 1, endColumn: line.length + 1, text: '' };
    return { kind: 'stop_field', column: 1, message, fix };
  }
  const found = /[\0\r\n]|\p{Cs}/u.exec(line);
  if (!found) return undefined;
  const name = { '\0': 'a NUL', '\r': 'a carriage return', '\n': 'a line break' }[found[0]];
  const message = name
    ? `a task is one line of text, found ${name} in it. Remove it`
    : 'a task is text in UTF-8, found half of a surrogate pair. Remove it';
  const column = found.index + 1;
  const fix = { remedy: 'Remove it', column, endColumn: column + 1, text: '' };
  return { kind: 'character', column, message, fix };
}

function typeProblem(line: string): Problem {
  const [first, second] = splitFields(line);
  const word = first?.text ?? '';
  const trimmed = word.trim();
  if (isTaskType(trimmed) && !word.startsWith(trimmed)) {
    const endColumn = word.indexOf(trimmed) + 1;
    const fix = { remedy: 'Remove it', column: 1, endColumn, text: '' };
    const message = `a blank stands before ${trimmed}. ${fix.remedy}`;
    return { kind: 'type', column: 1, message, fix };
  }
  // Without a number behind a first word the line is more likely a bare command than a wrong type.
  if (/^\S+$/.test(trimmed) && second && /^\s*-?[0-9]/.test(second.text)) {
    const text = closestType(trimmed);
    const fix = { remedy: `Write ${text}`, column: 1, endColumn: word.length + 1, text };
    const wanted = 'type must be shell, python or demo';
    const message = `${wanted}, found ${quoted(word)}. ${fix.remedy}`;
    return { kind: 'type', column: 1, message, fix };
  }
  const fix = startBefore('shell:0:0:0:', line, 1);
  const wanted = 'a task line is type:priority:memory:min_cpu:command';
  return {
    kind: 'fields',
    column: 1,
    message: `${wanted}, found ${quoted(line)}. ${fix.remedy}`,
    fix,
  };
}

function closestType(word: string): TaskType {
  const start = word.slice(0, 1).toLowerCase();
  if (start === 'p') return 'python';
  return start === 'd' ? 'demo' : 'shell';
}

/** Fewer than four colons: says what to put before the command so that the numbers given stay. */
function missingFields(line: string): Problem {
  const [type, ...others] = splitFields(line);
  const firstOther = others.findIndex(field => !WHOLE_NUMBER.test(field.text));
  const given = firstOther < 0 ? others : others.slice(0, firstOther);
  const numbers = [...given.map(field => field.text), '0', '0', '0'].slice(0, 3);
  const column = others[firstOther]?.column ?? line.length + 1;
  const fix = startBefore(`${type?.text}:${numbers.join(':')}:`, line, column);
  const count = others.length + 1;
  return {
    kind: 'fields',
    column,
    message: `a task line has five fields, type:priority:memory:min_cpu:command, found ${count}. ${fix.remedy}`,
    fix,
  };
}

/** Puts the fields before a command that begins at `column`, in place of what stands there. */
function startBefore(start: string, line: string, column: number): Fix {
  // Digits and a colon there would be a timeout.
  const blank = /^[0-9]+:/.test(line.slice(column - 1)) ? ' ' : '';
  return {
    remedy: `Write ${start} before the command`,
    column: 1,
    endColumn: column,
    text: start + blank,
  };
}

function numberProblem(field: NumberField, found: Field): Problem | undefined {
  const { column, text } = found;
  const unit = field.unit && ` ${field.unit}`;
  const wrong = (wanted: string, meant: string, or = ''): Problem => {
    const remedy = `Write ${meant}${or}`;
    return {
      kind: field.name,
      column,
      message: `${field.name} must be ${wanted}, found ${quoted(text)}. ${remedy}`,
      fix: { remedy, column, endColumn: column + text.length, text: meant },
    };
  };
  if (/^[0-9]+$/.test(text)) {
    if (WHOLE_NUMBER.test(text) && Number(text) <= field.largest) return undefined;
    const largest = field.largest.toLocaleString('en-US');
    return wrong(`at most ${largest}${unit}`, String(field.largest), ' or less');
  }
  const meant = meantNumber(field, text);
  const wanted = `a whole number${unit && ` of${unit}`}`;
  return meant === undefined ? wrong(wanted, '0', ' if it does not matter') : wrong(wanted, meant);
}

/** What a person who wrote `4G`, `512 MB`, `0.5` or `-1` meant, rounded up. */
function meantNumber(field: NumberField, text: string): string | undefined {
  const match = /^\s*([+-]?[0-9]*\.?[0-9]+)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return undefined;
  const [, amount = '0', suffix = ''] = match;
  const scale = field === MEMORY ? (GB_PER_UNIT[suffix.charAt(0).toLowerCase()] ?? 1) : 1;
  const number = Math.ceil(Number(amount) * scale);
  return String(Math.min(Math.max(number, 0), field.largest));
}

const GB_PER_UNIT: Record<string, number> = { k: 1e-6, m: 1e-3, g: 1, t: 1e3 };

function commandProblem(task: Task, column: number): Problem | undefined {
  if (task.command.trim() === '') {
    const message = 'the command is empty. Write it after the last colon';
    return { kind: 'command', column, message };
  }
  const bytes = Buffer.byteLength(shellCommand(task), 'utf8');
  if (bytes <= LONGEST_COMMAND_BYTES) return undefined;
  return { kind: 'command', column, message: tooLong(`${bytes.toLocaleString('en-US')} bytes`) };
}

/** The message for a command that does not fit into one argument of `sh`. */
export function tooLong(found: string): string {
  const most = LONGEST_COMMAND_BYTES.toLocaleString('en-US');
  return `the command must be at most ${most} bytes, found ${found}. Put it into a script and run that`;
}
