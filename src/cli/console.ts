/**
 * What commands print. Standard output has what was asked for and nothing else, so that it can be
 * piped; all that is said along the way goes to standard error.
 */

/** One line, or several, of the answer. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The one document of a command that was run with `--json`. */
export function printJson(document: object): void {
  print(JSON.stringify(document, null, 2));
}

/** One line of what happens. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Who reads has gone (`distcomp output … | head`), or the terminal has: no reason to fail. */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}
