/** How numbers, durations and untrusted text are written, the same in terminal and editor. */

const grouped = new Intl.NumberFormat('en-US');

/** `1240` → `1,240`. */
export const number = (value: number): string => grouped.format(value);

/** `1 task`, `1,240 tasks`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** A sentence of words that begin with no name. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** How long something took, from milliseconds: `4.2 s`, `42 s`, `3 min`, `2 h 10 min`. */
export function took(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : lasting(ms);
}

/** How long something goes on, from milliseconds: `4 s`, `2 min 10 s`, `12 min`, `2 h 10 min`. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${seconds} s`;
  if (minutes < 10) return withRest(`${minutes} min`, seconds % 60, 's');
  if (minutes < 60) return `${minutes} min`;
  return withRest(`${number(Math.floor(minutes / 60))} h`, minutes % 60, 'min');
}

function withRest(whole: string, rest: number, unit: string): string {
  return rest > 0 ? `${whole} ${rest} ${unit}` : whole;
}

/** A quantity of GB or cores: small ones are told apart by tenths. */
export const amount = (value: number): string =>
  value < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : number(Math.round(value));

/** `14:02`, or `2026-11-23 14:02` on another day than now. Both in ms; local time. */
export function clockTime(ms: number, nowMs: number): string {
  const date = new Date(ms);
  const clock = date.toTimeString().slice(0, 5);
  const today = date.toDateString() === new Date(nowMs).toDateString();
  return today ? clock : `${date.toLocaleDateString('en-CA')} ${clock}`;
}

/** Shortens in the middle: what tells two commands of a sweep apart is mostly at the end. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const tail = Math.floor((length - 1) * 0.6);
  const head = length - 1 - tail;
  return `${text.slice(0, head)}…${text.slice(text.length - tail)}`.replace(/\p{Cs}/gu, '');
}

/** Controls, and what is invisible or changes the direction of reading. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text that someone else wrote, on one line and without characters that a terminal acts on or that
 * hide what is read: each becomes its picture (`␛`) or its code (`<U+202E>`).
 */
export function visible(text: string): string {
  return text.replace(INVISIBLE, character => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

export interface SubmitCounts {
  added: number;
  /** Had failed, and are tried again. */
  retried: number;
  /** In the queue in any other state. */
  already: number;
  /** On their way between two states, by an original: neither added nor surely there. */
  unsettled: number;
  /** Lines that are no task. */
  problems: number;
  /** `python` tasks that an original may take, while one is alive. */
  pythonBesideOriginal: number;
  /** `demo` tasks that an original may take, while one is alive. */
  demoBesideOriginal: number;
}

export const noCounts = (): SubmitCounts => ({
  added: 0,
  retried: 0,
  already: 0,
  unsettled: 0,
  problems: 0,
  pythonBesideOriginal: 0,
  demoBesideOriginal: 0,
});

export function addCounts(total: SubmitCounts, more: SubmitCounts): void {
  for (const key of Object.keys(more) as (keyof SubmitCounts)[]) total[key] += more[key];
}

/** `1,240 tasks added · 12 were already there · 3 lines were not understood`. */
export function submitted(counts: SubmitCounts): string {
  const { added, retried, already, unsettled, problems } = counts;
  const parts = [`${plural(added, 'task')} added`];
  if (retried > 0) parts.push(`${number(retried)} had failed and ${areOrIs(retried)} tried again`);
  if (already > 0) parts.push(`${number(already)} ${wereOrWas(already)} already there`);
  if (unsettled > 0) {
    const them = unsettled === 1 ? 'it' : 'them';
    parts.push(
      `${number(unsettled)} ${areOrIs(unsettled)} being moved by an original: submit ${them} again`,
    );
  }
  if (problems > 0) {
    parts.push(`${plural(problems, 'line')} ${wereOrWas(problems)} not understood`);
  }
  return parts.join(' · ');
}

/** What an original does with tasks that it may take and does not run as DistComp does, if there are any. */
export function besideOriginal(counts: SubmitCounts): string | undefined {
  const { pythonBesideOriginal: python, demoBesideOriginal: demo } = counts;
  const does: string[] = [];
  if (python > 0) {
    const them = python === 1 ? 'it' : 'them';
    does.push(`fails ${plural(python, 'python task')} if it takes ${them}`);
  }
  if (demo > 0) does.push(`runs the text of ${plural(demo, 'demo task')} in a shell`);
  if (does.length === 0) return undefined;
  return `An original worker is live on this queue: it ${does.join(', and ')}. Named queues are without originals.`;
}

/** `1,236 finished, 4 failed in 12 min`. */
export function runEnded(finished: number, failed: number, ms: number): string {
  return `${number(finished)} finished, ${number(failed)} failed in ${took(ms)}`;
}

const areOrIs = (count: number) => (count === 1 ? 'is' : 'are');
const wereOrWas = (count: number) => (count === 1 ? 'was' : 'were');

/** `34 in progress, 1,012 to do, 4 failed, 8,110 finished`, without what there is none of. */
export function countsInWords(counts: {
  inProgress: number;
  todo: number;
  failed: number;
  finished: number;
}): string {
  const { inProgress, todo, failed, finished } = counts;
  const kinds: [count: number, kind: string][] = [
    [inProgress, 'in progress'],
    [todo, 'to do'],
    [failed, 'failed'],
    [finished, 'finished'],
  ];
  const there = kinds.filter(([count]) => count > 0);
  return there.map(([count, kind]) => `${number(count)} ${kind}`).join(', ') || 'empty';
}
