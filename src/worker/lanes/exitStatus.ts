import { open } from 'node:fs/promises';
import { constants } from 'node:os';

/** The usual name stands before its aliases (SIGABRT, SIGIOT), and the last entry of a map wins. */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/**
 * What a shell's status says. 128 + n reads as signal n: a shell gives that status for a child that died of
 * the signal, and it cannot be told from a child that exited with it.
 */
export function statusOutcome(status: number): { exit: number } | { signal: string } {
  const signal = SIGNAL_NAMES.get(status - 128);
  return signal === undefined ? { exit: status } : { signal };
}

/** What dash and busybox say of a child that died of a signal (of SIGINT and SIGPIPE: nothing). */
const MESSAGES: Record<string, readonly string[]> = {
  SIGHUP: ['Hangup'],
  SIGQUIT: ['Quit'],
  SIGILL: ['Illegal instruction'],
  SIGTRAP: ['Trace/breakpoint trap'],
  SIGABRT: ['Aborted'],
  SIGBUS: ['Bus error'],
  SIGFPE: ['Floating point exception', 'Arithmetic exception'],
  SIGKILL: ['Killed'],
  SIGUSR1: ['User defined signal 1'],
  SIGSEGV: ['Segmentation fault'],
  SIGUSR2: ['User defined signal 2'],
  SIGALRM: ['Alarm clock'],
  SIGTERM: ['Terminated'],
  SIGSTKFLT: ['Stack fault'],
  SIGXCPU: ['CPU time limit exceeded'],
  SIGXFSZ: ['File size limit exceeded'],
  SIGVTALRM: ['Virtual timer expired'],
  SIGPROF: ['Profiling timer expired'],
  SIGIO: ['I/O possible'],
  SIGPWR: ['Power failure'],
  SIGSYS: ['Bad system call'],
};
const LONGEST_MESSAGE_BYTES = 64;

/** How many bytes at the end of `tail` are the shell's word about the signal, not the task's. */
export function shellMessageLength(tail: string, signal: string): number {
  for (const message of MESSAGES[signal] ?? []) {
    for (const ending of [`${message}\n`, `${message} (core dumped)\n`]) {
      if (tail.endsWith(ending)) return ending.length;
    }
  }
  return 0;
}

/**
 * Cuts the shell's own message from an attempt's standard error, where dash and busybox print it (bash prints
 * to its own). The file is appended to, so a late writer is not disturbed.
 */
export async function cutShellMessage(errorPath: string, signal: string): Promise<void> {
  const file = await open(errorPath, 'r+');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - LONGEST_MESSAGE_BYTES);
    const tail = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(tail, 0, tail.length, start);
    const length = shellMessageLength(tail.toString('latin1', 0, bytesRead), signal);
    if (length > 0) await file.truncate(size - length);
  } finally {
    await file.close();
  }
}
