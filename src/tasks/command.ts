import { shellWord } from './shellWord';
import type { Task } from './task';

/**
 * Linux gives one argument of a program 128 KiB (MAX_ARG_STRLEN), its final NUL included; the whole
 * command travels as the argument of `/bin/sh -c`.
 */
export const LONGEST_COMMAND_BYTES = 131_071;

/** What `/bin/sh -c` runs for a task. Correct for every text a task line can hold. */
export function shellCommand(task: Pick<Task, 'type' | 'command'>): string {
  switch (task.type) {
    case 'shell':
      return task.command;
    case 'python':
      // A one-line program that begins with a blank is always an IndentationError.
      return `python3 -c ${shellWord(task.command.trimStart())}`;
    case 'demo':
      return `printf '%s\\n' ${shellWord(task.command)}`;
  }
}
