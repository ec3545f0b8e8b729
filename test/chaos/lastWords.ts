/** What a server had answered when it was killed, read from a copy of its append-only file. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Memory, memorize } from '../setup/memory';
import { startRedis, type TestRedis } from '../setup/redis';

/** The folder within that of a server. */
export const APPEND_ONLY = 'appendonlydir';

/** With `appendfsync always` all that it acknowledged is in its file. */
export async function lastWords({ folder, password }: TestRedis): Promise<Memory> {
  const witness = await startRedis({ appendonly: true, ...(password ? { password } : {}) });
  try {
    await witness.kill();
    const copy = join(witness.folder, APPEND_ONLY);
    await rm(copy, { recursive: true });
    await cp(join(folder, APPEND_ONLY), copy, { recursive: true });
    await witness.restart();
    return await memorize(witness.client());
  } finally {
    await witness.stop();
  }
}
