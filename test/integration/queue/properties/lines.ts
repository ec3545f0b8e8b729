/** The few tasks of all stories: few, so that everything meets at them. */

const NAMED = {
  a: 'shell:1:0:0:echo a',
  b: 'shell:1:0:0:echo b',
  c: 'shell:0:4:1:echo c',
  d: 'shell:0:5:1:echo d',
  'own:x': 'shell:1:0:0:echo own:x',
  'own:y': 'shell:0:6:0:echo own:y',
} as const;

export const LINES: readonly string[] = Object.values(NAMED);

/** Those that the original can read. */
export const SHARED_LINES: readonly string[] = LINES.filter(line => !line.includes('own'));

/** `a` for `shell:1:0:0:echo a`. */
export function short(line: string): string {
  return line.slice(line.lastIndexOf(' ') + 1);
}

export function shorts(lines: Iterable<string>): string {
  return [...lines].map(short).join(', ') || 'nothing';
}
