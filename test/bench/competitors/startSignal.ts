/** Hears when a task has started: its command writes its number into a pipe, by what its shell has built in. */
import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

export interface StartSignal {
  /** The command of a task that says that it has started. */
  command(number: number): string;
  /** When that one said so, by `performance.now()`. */
  started(number: number): Promise<number>;
  close(): void;
}

/** @param path where the pipe is made */
export function startSignal(path: string): StartSignal {
  execFileSync('mkfifo', [path]);
  // For writing as well: it does not end with the first task that closes it.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  const heard = new Map<number, number>();
  const waiting = new Map<number, (at: number) => void>();
  createInterface({ input: pipe }).on('line', text => {
    const [number, at] = [Number(text), performance.now()];
    heard.set(number, at);
    waiting.get(number)?.(at);
  });
  return {
    command: number => `echo ${number} >${path}`,
    started(number) {
      const at = heard.get(number);
      return at === undefined
        ? new Promise(resolve => waiting.set(number, resolve))
        : Promise.resolve(at);
    },
    close: () => pipe.destroy(),
  };
}
