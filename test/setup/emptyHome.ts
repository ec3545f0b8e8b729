import { mkdtemp, rm } from 'node:fs/promises';
import { afterEach, beforeEach, vi } from 'vitest';

/** Gives each test of a file a home folder with nothing in it. @returns where it is */
export function useEmptyHome(): () => string {
  let home = '';
  beforeEach(async () => {
    // Short enough for the sockets of `ssh`, wherever temporary files are.
    home = await mkdtemp('/tmp/distcomp-home-');
    vi.stubEnv('HOME', home);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });
  return () => home;
}
