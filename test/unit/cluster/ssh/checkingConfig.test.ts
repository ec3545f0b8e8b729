import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkingConfig } from '../../../../src/cluster/ssh/checkingConfig';
import { spareFolder } from '../../../../src/cluster/ssh/privateFolder';
import { useEmptyHome } from '../../../setup/emptyHome';

const home = useEmptyHome();

describe('the configuration that says first how keys are checked', () => {
  it('has all of the given one after it, as that is now, for its user alone', async () => {
    const given = join(home(), 'given');
    await writeFile(given, 'Host a\n  User me\n');
    const path = await checkingConfig('yes', given);
    expect(await readFile(path, 'utf8')).toBe('StrictHostKeyChecking yes\nHost a\n  User me\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(given, 'Host b\n');
    expect(await checkingConfig('yes', given)).toBe(path);
    expect(await readFile(path, 'utf8')).toBe('StrictHostKeyChecking yes\nHost b\n');
    const asking = await checkingConfig('ask', given);
    expect(await readFile(asking, 'utf8')).toBe('StrictHostKeyChecking ask\nHost b\n');
    // Nothing else is left of how they were written.
    expect((await readdir(dirname(path))).length).toBe(2);
  });

  it('is the given one itself when that cannot be read, so that ssh says so', async () => {
    expect(await checkingConfig('yes', join(home(), 'none'))).toBe(join(home(), 'none'));
  });

  it('lies elsewhere where the home folder is no place for it', async () => {
    await writeFile(join(home(), '.distcomp'), 'in the way');
    const given = join(home(), 'given');
    await writeFile(given, '');
    const path = await checkingConfig('yes', given);
    expect(dirname(path)).toBe(spareFolder());
    expect((await stat(spareFolder())).mode & 0o777).toBe(0o700);
    expect(await readFile(path, 'utf8')).toBe('StrictHostKeyChecking yes\n');
    await rm(path);
  });
});
