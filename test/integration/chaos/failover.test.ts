/** A failover to a replica that was cut off: what it lost is counted, and the audit finds all of it. */
import { expect, it } from 'vitest';
import { faultsNamed } from '../../chaos/faults';
import { endAll } from '../../chaos/play';
import { Scene } from '../../chaos/scene';

it('loses what was acknowledged since then; all of it is found, and runs', {
  timeout: 300_000,
}, async () => {
  const scene = await Scene.set({ workers: 1, sentinels: true });
  try {
    const lines = scene.newTasks('short', 5);
    await scene.submit(lines);
    await scene.ready();
    await scene.watched?.caughtUp();
    const [fault] = faultsNamed(['failover']);
    await fault?.strike(scene, { atMs: 0, fault: '', slot: 1, forMs: 1000, chance: 0 });
    const { wrong, finished } = await endAll(scene);
    expect(wrong).toEqual([]);
    // All that was submitted since the replica was cut off, and none of what it had before.
    const since = scene.submitted.size - lines.length;
    expect([...scene.found.values()]).toEqual([since]);
    expect(since).toBeGreaterThan(0);
    expect(finished).toBe(scene.submitted.size);
  } finally {
    await scene.remove();
  }
});
