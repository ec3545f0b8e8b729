/** What stands between commander and the commands: arguments, options, exit codes. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseLimit, type WrittenLimit } from '../queue/limits';
import { LIMIT_FORM } from '../tasks/limitWords';

/** Commander gives an action its arguments, its own options and the command; ours take all options. */
export function ending<A extends unknown[]>(command: (...args: A) => Promise<number>) {
  return async (...given: unknown[]): Promise<void> => {
    const self = given.at(-1) as Command;
    const args = [...given.slice(0, -2), self.optsWithGlobals()] as A;
    process.exitCode = await command(...args);
  };
}

/** A parser of an option that is a whole number, `least` at least. */
export function wholeFrom(least: number) {
  return (text: string): number => {
    if (/^\d{1,4}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number from ${least} to 9,999.`);
  };
}

/** Parses a limit of a queue. Commander would take a bare null for no value. */
export function limitFrom(text: string): WrittenLimit {
  const parsed = parseLimit(text);
  if (parsed) return parsed;
  throw new InvalidArgumentError(`It must be ${LIMIT_FORM}.`);
}
