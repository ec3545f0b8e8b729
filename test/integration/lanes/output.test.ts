import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEnds } from '../../../src/worker/lanes/output';

const folder = mkdtempSync(join(tmpdir(), 'distcomp-ends-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

describe('the ends of an output file', () => {
  it('are the whole of a short one', async () => {
    expect(await readEnds(file('héllo\n'), 7)).toEqual({ text: 'héllo\n', bytes: 7, cut: false });
    expect(await readEnds(file(''), 10)).toEqual({ text: '', bytes: 0, cut: false });
  });

  it('are head and tail of a long one, with a line that says what is missing', async () => {
    const path = file(`${'a'.repeat(1_000_000)}${'b'.repeat(1_000_000)}`);
    const { text, bytes, cut } = await readEnds(path, 10);
    expect(text).toBe('aaaaa\n… 1,999,990 bytes cut …\nbbbbb');
    expect({ bytes, cut }).toEqual({ bytes: 2_000_000, cut: true });
  });

  it('do not split a line break from its line', async () => {
    const { text } = await readEnds(file('one\ntwo\nthree\nfour\n'), 9);
    expect(text).toBe('one\nt\n… 10 bytes cut …\nour\n');
    expect((await readEnds(file('one\ntwo\nthree\nfour\n'), 8)).text).toBe(
      'one\n… 11 bytes cut …\nour\n',
    );
  });

  it('replace invalid UTF-8', async () => {
    expect((await readEnds(file(Buffer.from([0x61, 0xff, 0x62])), 100)).text).toBe('a\ufffdb');
  });

  it.each(['é', '漢', '🎉'])('never split %s', async character => {
    const path = file(character.repeat(1000));
    const size = Buffer.byteLength(character) * 1000;
    for (let max = 8; max < 60; max += 1) {
      const { text } = await readEnds(path, max);
      const [head = '', said = '', tail = ''] = text.split('\n');
      expect(head.replaceAll(character, '')).toBe('');
      expect(tail.replaceAll(character, '')).toBe('');
      const kept = Buffer.byteLength(head + tail);
      expect(kept).toBeLessThanOrEqual(max);
      expect(kept).toBeGreaterThan(max - 8);
      expect(said).toBe(`… ${(size - kept).toLocaleString('en-US')} bytes cut …`);
    }
  });

  it('cannot be read of a file that is not there', async () => {
    await expect(readEnds(join(folder, 'missing'), 10)).rejects.toThrow('ENOENT');
  });
});
