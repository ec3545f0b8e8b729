import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { uploadCommand } from '../../../../src/cluster/ssh/programs';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'distcomp-upload-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const kept = () => readdirSync(join(home, '.distcomp'));

/** As sshd does: by the login shell. @returns the exit code */
function upload(bytes: number, input: string): number | null {
  const command = uploadCommand('worker-1.js', bytes);
  return spawnSync('/bin/sh', ['-c', command], { input, env: { ...process.env, HOME: home } })
    .status;
}

it('keeps what arrives whole, for its owner alone', () => {
  expect(upload(5, 'whole')).toBe(0);
  expect(kept()).toEqual(['worker-1.js']);
  expect(readFileSync(join(home, '.distcomp', 'worker-1.js'), 'utf8')).toBe('whole');
  expect(statSync(join(home, '.distcomp', 'worker-1.js')).mode & 0o777).toBe(0o700);
});

it('keeps nothing of what a broken connection cut, and leaves what was there', () => {
  expect(upload(5, 'who')).toBe(1);
  expect(kept()).toEqual([]);
  upload(5, 'whole');
  expect(upload(6, 'agai')).toBe(1);
  expect(kept()).toEqual(['worker-1.js']);
  expect(readFileSync(join(home, '.distcomp', 'worker-1.js'), 'utf8')).toBe('whole');
});
