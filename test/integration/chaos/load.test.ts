/** The load of `npm run chaos -- --load`, with fewer tasks. */
import { expect, it } from 'vitest';
import { bear } from '../../chaos/load';
import { startRedis } from '../../setup/redis';

it('simulated workers finish all tasks once', async () => {
  const server = await startRedis();
  try {
    const found = await bear(server, { workers: 30, tasks: 6_000, lanes: 8 });
    expect([found.finished, found.reported, found.left]).toEqual([6_000, 6_000, 0]);
  } finally {
    await server.stop();
  }
});
