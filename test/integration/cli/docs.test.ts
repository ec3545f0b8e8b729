import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programs } from '../../setup/bundle';
import { sandbox } from './sandbox';

interface Block {
  info: string;
  lines: string[];
}

/** The fenced blocks of a page, in order. */
function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
    info,
    lines: text.split('\n').slice(0, -1),
  }));
}

/** `$ command` and what follows it, up to the next one. */
function examplesOf({ lines }: Block): { command: string; output: string }[] {
  const examples: { command: string; output: string }[] = [];
  for (const line of lines) {
    const last = examples.at(-1);
    if (line.startsWith('$ ')) examples.push({ command: line.slice(2), output: '' });
    else if (last) last.output += `${line}\n`;
  }
  return examples;
}

/** Without what differs from run to run and from machine to machine. */
const lasting = (text: string) =>
  text
    .replace(/(\d+ min )?\d+(\.\d+)? s\b|\d+ min\b/g, 'T')
    .replace(/"seconds": [\d.]+/g, '"seconds": T')
    .replace(/(redis|valkey)-server [\d.]+/g, 'redis-server V')
    .replace(/distcomp undo [\da-f]{8}/g, 'distcomp undo ID')
    .replace(/"redis": "127\.0\.0\.1:\d+"/g, '"redis": "127.0.0.1:P"');

describe('docs/command-line.md', () => {
  it('shows what the commands really print', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/command-line.md'), 'utf8');
    const box = await sandbox();
    const { cli } = programs();
    const bin = join(box.cwd, '..', 'bin');
    await mkdir(bin);
    const script = `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`;
    await writeFile(join(bin, 'distcomp'), script, { mode: 0o755 });
    const PATH = [bin, process.env.PATH].join(delimiter);

    let examples = 0;
    for (const block of blocksOf(page)) {
      const [kind, name = ''] = block.info.split(' ');
      if (kind === 'tasks') await box.file(name, block.lines);
      if (kind !== 'console') continue;
      for (const { command, output } of examplesOf(block)) {
        const shown = await box.shell(command, { PATH });
        expect(lasting(shown), `$ ${command}\n${shown}`).toBe(lasting(output));
        examples += 1;
      }
    }
    expect(examples).toBeGreaterThan(5);
    expect(await box.processes()).toEqual([]);
  });
});
