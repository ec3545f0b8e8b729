import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStream } from '../../../../src/cluster/ssh/fileStream';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distcomp-stream-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const SENT = Buffer.concat([
  Buffer.from('Welcome!\nt content 3 a/x\n'),
  Buffer.from([0, 10, 255]),
  Buffer.from('t content 0 a/y\nt content 4 ../z\nevilt content 2 b/w\nok'),
  Buffer.from('t end\n'),
]);

describe('files in a stream', () => {
  it.each([1, 2, 7, 1000])('are the same in chunks of %d bytes', async size => {
    const stream = new FileStream('t', folder, new Set(['a/x', 'a/y', 'b/w']));
    for (let at = 0; at < SENT.length; at += size) stream.add(SENT.subarray(at, at + size));
    stream.close();
    expect(await readFile(join(folder, 'a/x'))).toEqual(Buffer.from([0, 10, 255]));
    expect(await readFile(join(folder, 'a/y'), 'utf8')).toBe('');
    // Behind one that nobody asked for nothing can be told from its content.
    expect(await readdir(folder)).toEqual(['a']);
    expect(stream).toMatchObject({ files: 2, bytes: 3 });
  });

  it('that end early have not their name', async () => {
    const stream = new FileStream('t', folder, new Set(['x']));
    stream.add(Buffer.from('t content 9 x\nhalf'));
    stream.close();
    expect(await readdir(folder)).toEqual(['x.part']);
    expect(stream.files).toBe(0);
  });
});
