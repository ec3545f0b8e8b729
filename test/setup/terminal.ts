/** A program in a terminal of its own, and a person who reads there and types. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach } from 'vitest';
import { until } from './until';

export interface Terminal {
  /** All that was shown so far. */
  shown(): string;
  /** Types once these words are there, after what was answered before. */
  answer(words: string, text: string): Promise<void>;
  /** Its exit code. */
  ended: Promise<number | null>;
}

const open: { end(): void }[] = [];
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.end();
});

export function openTerminal(
  command: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Terminal {
  // A shell between would have Ctrl-C too.
  const line = `exec ${command.map(word => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], options);
  open.push({ end: () => child.kill() });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    shown += text;
  });
  let read = 0;
  return {
    shown: () => shown,
    answer: async (words, text) => {
      await until(() => shown.includes(words, read), {
        describe: () => `"${words}" after: ${shown.slice(read)}`,
      });
      read = shown.indexOf(words, read) + words.length;
      child.stdin.write(text);
    },
    ended: once(child, 'close').then(([code]) => code),
  };
}
