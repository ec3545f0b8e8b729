import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTaskFile } from '../../../src/tasks/file';
import { validLineText } from './arbitraries';

async function* stream(chunks: (Uint8Array | string)[]) {
  yield* chunks;
}

/** `3 echo a` for the task of line 3, `4:9 memory must be …` for a problem. */
async function read(...chunks: (Uint8Array | string)[]): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of readTaskFile(stream(chunks))) {
    found.push(
      'task' in entry
        ? `${entry.lineNumber} ${entry.task.command}`
        : `${entry.lineNumber}:${entry.problem.column} ${entry.problem.message}`,
    );
  }
  return found;
}

const NOT_UTF8 = 'a task is text in UTF-8, found a byte that is not. Save the file as UTF-8';
const TOO_LONG =
  'the command must be at most 131,071 bytes, found more than that. Put it into a script and run that';

describe('a task file', () => {
  it('has comments, blank lines and lines of up to two characters that are no tasks', async () => {
    const text = '# comment\n  # comment\n\n   \nab\nx\nshell:1:0:0:echo a\n#shell:1:0:0:echo b\n';
    expect(await read(text)).toEqual(['7 echo a']);
  });

  it('goes on after a bad line', async () => {
    expect(await read('shell:1:0:0:a\nshell:1:4G:0:b\nshell:1:0:0:c\n')).toEqual([
      '1 a',
      '2:9 memory must be a whole number of GB, found "4G". Write 4',
      '3 c',
    ]);
  });

  it('keeps duplicates: which tasks exist only the queue knows', async () => {
    expect(await read('shell:1:0:0:a\nshell:1:0:0:a\n')).toEqual(['1 a', '2 a']);
  });

  it('may end its lines with CRLF, and its last line with nothing', async () => {
    expect(await read('shell:1:0:0:a \r\n\r\nshell:1:0:0:b')).toEqual(['1 a ', '3 b']);
    expect(await read('shell:1:0:0:a\r')).toEqual(['1 a']);
    expect(await read('shell:1:0:0:a\r\r\n')).toEqual([
      '1:14 a task is one line of text, found a carriage return in it. Remove it',
    ]);
  });

  it('may begin with a byte order mark, which no column counts', async () => {
    expect(await read('\uFEFFshell:1:0:0:a\n')).toEqual(['1 a']);
    expect(await read('\uFEFF# comment\n')).toEqual([]);
    expect(await read('\uFEFFshell:1:x:0:a\n')).toEqual([
      '1:9 memory must be a whole number of GB, found "x". Write 0 if it does not matter',
    ]);
    expect(await read(Buffer.from('\uFEFFshell:1:0:0:a'), Buffer.from([0xff]))).toEqual([
      `1:14 ${NOT_UTF8}`,
    ]);
    expect(await read('shell:1:0:0:a\n\uFEFFshell:1:0:0:a\n')).toHaveLength(2);
  });

  it('has invalid UTF-8 reported where an editor shows it, and its good lines read', async () => {
    const bad = Buffer.concat([
      Buffer.from('shell:1:0:0:é😀\uFFFD'),
      Buffer.from([0xe2, 0x82]),
      Buffer.from('x\nshell:1:0:0:b\n'),
    ]);
    expect(await read(bad)).toEqual([`1:17 ${NOT_UTF8}`, '2 b']);
  });

  it('has a lone surrogate of an editor reported as what it is: no text', async () => {
    expect(await read('shell:1:0:0:a\ud83d', 'b\nshell:1:0:0:\ude00\n')).toEqual([
      `1:14 ${NOT_UTF8}`,
      `2:13 ${NOT_UTF8}`,
    ]);
    expect(await read('shell:1:0:0:a\ud83d')).toEqual([`1:14 ${NOT_UTF8}`]);
    expect(await read('shell:1:0:0:a\ud83d', Buffer.from('b'))).toEqual([`1:14 ${NOT_UTF8}`]);
  });

  it('may hold U+FFFD as a character', async () => {
    expect(await read('shell:1:0:0:a\uFFFDb\uFFFD\n')).toEqual(['1 a\uFFFDb\uFFFD']);
  });

  it('finds invalid UTF-8 exactly where a strict decoder refuses the line', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .array(fc.constantFrom('é', '\uFFFD', '😀', 'a').map(text => [...Buffer.from(text)]))
        .chain(parts => fc.shuffledSubarray(parts.flat())),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async part => {
        const line = Buffer.from(Buffer.from(part).map(byte => (byte < 0x20 ? 0x61 : byte)));
        const [entry] = await read(Buffer.concat([Buffer.from('shell:1:0:0:-'), line]));
        expect(entry?.endsWith(NOT_UTF8)).toBe(!isUtf8(line));
      }),
      { numRuns: 500 },
    );
  });

  it('reads the same however its bytes are cut into chunks', async () => {
    const line = fc.oneof(
      validLineText,
      validLineText.map(text => `shell:1:0:0:${text}`),
      fc.constantFrom('', '\r', '# é', 'demo:1:0:0:😀\r', 'x'.repeat(300)),
    );
    const file = fc.tuple(
      fc.array(line).map(lines => Buffer.from(lines.join('\n'))),
      fc.array(fc.nat(400)),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(file, async ([bytes, cuts, asText]) => {
        const whole = asText ? bytes.toString() : bytes;
        const places = [...cuts.map(cut => Math.min(cut, whole.length)), whole.length].sort(
          (a, b) => a - b,
        );
        const chunks = places.map((end, index) =>
          asText
            ? bytes.toString().slice(places[index - 1] ?? 0, end)
            : bytes.subarray(places[index - 1] ?? 0, end),
        );
        expect(await read(...chunks)).toEqual(await read(whole));
      }),
      { numRuns: 500 },
    );
  });

  it('has a line of every length around the limit judged by its command', async () => {
    const start = 'shell:1:0:0:';
    for (const [extra, verdict] of [
      [0, undefined],
      [1, 'found 131,072 bytes'],
      [200, 'found more than that'],
    ] as const) {
      const line = start + 'x'.repeat(131_071 + extra);
      const chunked = line.match(/.{1,50000}/g) ?? [];
      for (const chunks of [[line], [`${line}\r\n`], chunked, [...chunked, '\r', '\n']]) {
        const [entry] = await read(...chunks);
        if (verdict) expect(entry).toContain(verdict);
        else expect(entry).toBe(`1 ${'x'.repeat(131_071)}`);
      }
    }
  });

  it('goes on behind a line that is far too long, unless it is a comment', async () => {
    const part = 'x'.repeat(100_000);
    expect(await read(part, part, part, '\nshell:1:0:0:a\n')).toEqual([`1:1 ${TOO_LONG}`, '2 a']);
    expect(await read('# ', part, part, part, '\nshell:1:0:0:a\n')).toEqual(['2 a']);
    expect(await read(`${part}${part}\nshell:1:0:0:a\n`)).toEqual([`1:1 ${TOO_LONG}`, '2 a']);
  });
});

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('in a process with little memory', { timeout: 120_000 }, () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'distcomp-tasks-'));
    program = join(folder, 'readGenerated.cjs');
    await build({
      entryPoints: [fileURLToPath(new URL('readGenerated.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
  });

  afterAll(() => rm(folder, { recursive: true }));

  function readGenerated(what: string) {
    const ended = spawnSync(process.execPath, ['--max-old-space-size=32', program, what]);
    expect(ended.stderr.toString()).toBe('');
    expect(ended.status).toBe(0);
    return JSON.parse(ended.stdout.toString());
  }

  it('a million lines are read', () => {
    const { tasks, problems } = readGenerated('many-lines');
    expect({ tasks, problems }).toEqual({ tasks: 990_000, problems: 10_000 });
  });

  it('a line of 2 GiB without an end is one problem', () => {
    const { tasks, problems, largestMb } = readGenerated('one-line');
    expect({ tasks, problems }).toEqual({ tasks: 1, problems: 1 });
    expect(largestMb).toBeLessThan(1024);
  });
});
