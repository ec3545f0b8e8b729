/** An original has the client that it has: without Redis it ends with a traceback, and waits for nothing. */
import { expect, it, vi } from 'vitest';
import { faultsNamed } from '../../chaos/faults';
import { endAll } from '../../chaos/play';
import { Scene } from '../../chaos/scene';
import { until } from '../../setup/until';

it('an original that dies while Redis is away is cleaned up after', {
  timeout: 120_000,
}, async () => {
  const scene = await Scene.set({ workers: 0 });
  try {
    const [fault] = faultsNamed(['original-works-and-dies']);
    const strike = { atMs: 0, fault: '', slot: 1, forMs: 2000, chance: 0 };
    const insisted = vi.spyOn(scene, 'insist');
    const over = fault?.strike(scene, strike);
    const { redis, keys } = scene.queue;
    await until(async () => (await redis.hlen(keys.status)) === 1, {
      describe: 'a heartbeat of the original',
    });
    await scene.server.kill();
    // Once to connect; then to clean up, which it comes to though no command is answered any more.
    await until(() => insisted.mock.calls.length > 1, { describe: 'the original to have died' });
    await scene.server.restart();
    await over;
    expect((await endAll(scene)).wrong).toEqual([]);
  } finally {
    await scene.remove();
  }
});
