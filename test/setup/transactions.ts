/** What a server with an append-only file has written there: commands, and where transactions are among them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRedis } from './redis';

export type Command = readonly string[];

/** All that a server has written since its file was begun, in their order. */
export async function writtenBy({ folder }: TestRedis): Promise<Command[]> {
  const within = join(folder, 'appendonlydir');
  const name = (await readdir(within)).find(one => one.endsWith('.incr.aof'));
  if (name === undefined) throw new Error('the server has no append-only file');
  return commandsIn(await readFile(join(within, name), 'latin1'));
}

/** Those of the longest transaction, which is a call of a script, and what comes before it. */
export function longestTransaction(commands: readonly Command[]): {
  before: Command[];
  within: Command[];
} {
  let longest = { before: [...commands], within: [] as Command[] };
  commands.forEach(([word], at) => {
    if (word !== 'MULTI') return;
    const end = commands.findIndex(([other], i) => i > at && other === 'EXEC');
    const within = commands.slice(at + 1, end);
    if (within.length >= longest.within.length) longest = { before: commands.slice(0, at), within };
  });
  return longest;
}

/** `*2\r\n$3\r\nDEL\r\n$1\r\nx\r\n`, and lines of annotations. */
function commandsIn(text: string): Command[] {
  const commands: Command[] = [];
  let at = 0;
  const line = () => {
    const end = text.indexOf('\r\n', at);
    const found = text.slice(at, end);
    at = end + 2;
    return found;
  };
  while (at < text.length) {
    const words = line();
    if (!words.startsWith('*')) continue;
    const command: string[] = [];
    for (let left = Number(words.slice(1)); left > 0; left--) {
      const length = Number(line().slice(1));
      command.push(text.slice(at, at + length));
      at += length + 2;
    }
    commands.push(command);
  }
  return commands;
}
