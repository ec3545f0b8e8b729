/**
 * Tasks of a sweep begin alike, and a sidebar shows some thirty characters: labels leave out what all
 * commands have in common, so that what differs is seen.
 */

/** Shorter commands are shown whole. */
const SHORT = 30;
/** Leaving out less than this gains nothing. */
const LEAST = 8;

export class CommonStart {
  #start: string | undefined;
  #several = false;

  /** Of these and all seen before: it only ever gets shorter, so that labels settle. */
  see(commands: readonly string[]): void {
    for (const command of commands) {
      if (this.#start === undefined) {
        this.#start = command;
      } else if (command !== this.#start) {
        this.#start = common(this.#start, command);
        this.#several = true;
      }
    }
  }

  /** `… --rate 0.3 --seed 7` of `python3 train.py --rate 0.3 --seed 7`. */
  label(command: string): string {
    const start = this.#several ? (this.#start ?? '') : '';
    const leavesOut = start.length >= LEAST && command.length > SHORT && command.startsWith(start);
    return leavesOut ? `… ${command.slice(start.length)}` : command;
  }
}

/** Whole words only, and an option stays with its value. */
function common(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  const words = a.slice(0, a.lastIndexOf(' ', length - 1) + 1);
  return words.replace(/\S+ $/, last => (last.startsWith('-') ? '' : last));
}
